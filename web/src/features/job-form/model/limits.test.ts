import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOf, follows, RANGES, SIZES, TEXTS } from "./limits";

type Node = {
  type?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  pattern?: string;
  properties: Record<string, Node>;
  additionalProperties: Node;
  propertyNames: Node;
  items: Node;
  oneOf: Node[];
};

const document = JSON.parse(readFileSync("../docs/api/openapi.json", "utf8"));
const spec: Node = document.components.schemas.JobSpec;

function at(...path: string[]): Node {
  let node = spec;
  for (const name of path) {
    const inner = node.properties[name];
    if (inner === undefined) throw new Error(`the document has no ${path.join(".")}`);
    node = inner;
  }
  return node;
}

const policy = at("retry").oneOf.find((one) => one.properties !== undefined) as Node;
const backoff = policy.properties.backoff as Node;
const exec = at("command").oneOf.find((one) => one.properties?.argv !== undefined) as Node;
const argv = exec.properties.argv as Node;

describe("the limits", () => {
  it.each([
    ["cpu", at("resources", "cpu")],
    ["memoryMb", at("resources", "memory_mb")],
    ["storageMb", at("resources", "storage_mb")],
    ["gpus", at("resources", "gpus")],
    ["timeoutMs", at("timeout_ms")],
    ["queueTimeoutMs", at("queue_timeout_ms")],
    ["graceMs", at("grace_ms")],
    ["maxAttempts", policy.properties.max_attempts],
    ["initialMs", backoff.properties.initial_ms],
    ["factor", backoff.properties.factor],
    ["maxMs", backoff.properties.max_ms],
    ["jitter", backoff.properties.jitter],
  ] as const)("of %s are those of the document", (name, node) => {
    const range = RANGES[name];
    expect(node).toMatchObject({ minimum: range.least, maximum: range.most });
    expect(JSON.stringify(node?.type)).toContain(range.whole ? "integer" : "number");
  });

  it.each([
    ["line", at("name")],
    ["image", at("image")],
    ["envName", at("env").propertyNames],
    ["labelKey", at("labels").propertyNames],
    ["labelValue", at("labels").additionalProperties],
    ["workingDir", at("working_dir")],
    ["project", at("project")],
  ] as const)("of the text %s are those of the document", (name, node) => {
    expect(node).toMatchObject({ maxLength: TEXTS[name].most, pattern: TEXTS[name].pattern });
  });

  it("of sizes are those of the document", () => {
    expect(at("command").oneOf[0]?.maxLength).toBe(SIZES.scriptBytes);
    expect(at("stdin").maxLength).toBe(SIZES.stdinBytes);
    expect(argv).toMatchObject({ maxItems: SIZES.argvItems });
    expect(argv.items.maxLength).toBe(SIZES.argvItemBytes);
    expect(at("env").maxProperties).toBe(SIZES.envEntries);
    expect(at("env").additionalProperties.oneOf[0]?.maxLength).toBe(SIZES.envValueBytes);
    expect(at("labels").maxProperties).toBe(SIZES.labels);
  });

  it("count characters for texts and bytes for sizes", () => {
    expect(follows("ñ".repeat(200), TEXTS.line)).toBe(true);
    expect(follows("🚀".repeat(200), TEXTS.line)).toBe(true);
    expect(follows("a".repeat(201), TEXTS.line)).toBe(false);
    expect(bytesOf("ñ🚀")).toBe(6);
  });

  it("refuse what the server refuses", () => {
    expect(follows("  ", TEXTS.line)).toBe(false);
    expect(follows("two\nlines", TEXTS.line)).toBe(false);
    expect(follows("Alpine", TEXTS.image)).toBe(false);
    expect(follows("registry.example.com:5000/team/app:1.2", TEXTS.image)).toBe(true);
    expect(follows("HODEI_X", TEXTS.envName)).toBe(false);
  });
});
