import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues";
import { DEFAULTS, type FormValues, newEnvRow, newRow } from "./values";
import { issuesFrom } from "./violations";

const good: FormValues = { ...DEFAULTS, name: "a job", script: "date" };
const codes = (changes: Partial<FormValues>) =>
  issuesOf({ ...good, ...changes }).map(({ field, code }) => [field, code]);

describe("the issues of the form", () => {
  it("are none for a good one, and name what is required", () => {
    expect(issuesOf(good)).toEqual([]);
    expect(issuesOf(DEFAULTS).map((issue) => issue.field)).toEqual(["name", "script"]);
  });

  it.each(["0", "17", "", "two", "1e3", "-1"])("refuse %j CPUs, with the limits", (cpu) => {
    expect(issuesOf({ ...good, cpu })).toEqual([
      { field: "cpu", code: "range", params: { least: 0.1, most: 16 } },
    ]);
  });

  it.each<[Partial<FormValues>, string, string]>([
    [{ name: "two\nlines" }, "name", "line"],
    [{ name: "x".repeat(201) }, "name", "length"],
    [{ script: "x".repeat(262_145) }, "script", "bytes"],
    [{ script: "a\0" }, "script", "nul"],
    [{ type: "exec", argv: "" }, "argv", "required"],
    [{ type: "exec", argv: "echo 'a" }, "argv", "openQuote"],
    [{ type: "exec", argv: "'' a" }, "argv", "program"],
    [{ type: "exec", argv: "a ".repeat(4097) }, "argv", "items"],
    [{ type: "exec", argv: "x".repeat(131_072) }, "argv", "bytes"],
    [{ workingDir: "work" }, "workingDir", "path"],
    [{ stdin: "ñ".repeat(131_073) }, "stdin", "bytes"],
    [{ image: "Alpine:latest" }, "image", "imageCase"],
    [{ image: "alpine latest" }, "image", "image"],
    [{ memoryMb: "15" }, "memoryMb", "whole"],
    [{ memoryMb: "512.5" }, "memoryMb", "whole"],
    [{ storageMb: "-1" }, "storageMb", "whole"],
    [{ timeoutMs: "999" }, "timeoutMs", "whole"],
    [{ graceMs: "600001" }, "graceMs", "whole"],
    [{ queueTimeoutMs: "5" }, "queueTimeoutMs", "whole"],
    [{ gpu: true, gpus: "0" }, "gpus", "whole"],
    [{ retry: true, maxAttempts: "21" }, "maxAttempts", "whole"],
    [{ retry: true, jitter: "2" }, "jitter", "range"],
    [{ retry: true, causes: [] }, "causes", "causes"],
    [{ project: "Research" }, "project", "project"],
    [{ idempotencyKey: " a" }, "idempotencyKey", "idempotencyKey"],
    [{ labels: [newRow("a b")] }, "labels", "labelKey"],
    [{ labels: [newRow("a"), newRow("a")] }, "labels", "twice"],
    [{ providerLabels: [newRow("a", "x\ny")] }, "providerLabels", "labelValue"],
    [{ env: [newEnvRow("", "v")] }, "env", "required"],
    [{ env: [newEnvRow("1A")] }, "env", "envName"],
    [{ env: [newEnvRow("HODEI_X")] }, "env", "envReserved"],
    [{ env: [newEnvRow("A"), newEnvRow("A")] }, "env", "twice"],
    [{ env: [newEnvRow("API_TOKEN")] }, "env", "secretAgain"],
    [{ env: [newEnvRow("A", "a b", "stored")] }, "env", "secretName"],
    [{ env: [newEnvRow("A", "x".repeat(32_769))] }, "env", "bytes"],
  ])("%j is %s: %s", (changes, field, code) => {
    const [[found, why], ...others] = codes(changes) as [[string, string], ...unknown[]];
    expect([found.split(".")[0], why, others]).toEqual([field, code, []]);
  });

  it("look at what counts only", () => {
    expect(codes({ type: "exec", argv: "date", script: "" })).toEqual([]);
    expect(codes({ gpu: false, gpus: "x", retry: false, jitter: "x" })).toEqual([]);
    expect(codes({ image: "registry.example.com/App:V1" })).toEqual([["image", "imageCase"]]);
    expect(codes({ image: "app:V1" })).toEqual([]);
  });
});

describe("what the server refuses", () => {
  it("is put beside its field", () => {
    const env = [newEnvRow("A.B", "x"), newEnvRow("TOKEN", "y")];
    const labels = [newRow("team", "x")];
    const fields = [
      "resources.cpu",
      "env.TOKEN.secret",
      "env.A.B",
      "env.GONE",
      "labels.team",
      "command.argv[2]",
      "preferences.labels",
      "",
      "owner",
    ];
    const found = issuesFrom(
      fields.map((field) => ({ field, message: "no" })),
      { ...good, env, labels },
    );
    expect(found.map((issue) => issue.field)).toEqual([
      "cpu",
      `env.${env[1]?.id}.value`,
      `env.${env[0]?.id}.name`,
      "env",
      `labels.${labels[0]?.id}.name`,
      "argv",
      "providerLabels",
      "",
      "",
    ]);
    expect(found[0]).toMatchObject({ code: "server", params: { message: "no" } });
  });
});
