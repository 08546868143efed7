import { describe, expect, it } from "vitest";
import type { Parameter } from "@/api/queries/templates";
import { choiceOf, choiceProblem, curlOf, exampleBody, sourcesOf } from "./trigger";

const branch: Parameter = { name: "branch", type: "string", required: true };
const count: Parameter = { name: "count", type: "integer", default: 1 };

describe("a trigger", () => {
  it.each([
    [{ type: "integer" }, 1],
    [{ type: "integer", minimum: 5 }, 5],
    [{ type: "number", maximum: 0.5 }, 0.5],
    [{ type: "boolean" }, true],
    [{ type: "choice", choices: ["fast", "slow"] }, "fast"],
    [{ type: "file" }, "/it"],
    [{ type: "file", schemes: ["s3"] }, "s3://it"],
    [{ type: "string", default: "main" }, "main"],
    [{ type: "secret" }, "IT"],
  ] as const)("is called with a value that %j takes", (parameter, value) => {
    const one = { name: "it", ...parameter } as unknown as Parameter;
    expect(exampleBody({ it: { pointer: "/it", value: null } }, [one])).toEqual({ it: value });
  });

  it("takes from the body what has to be said, and leaves the rest to its default", () => {
    expect(choiceOf(branch)).toMatchObject({ kind: "pointer", pointer: "/branch" });
    expect(choiceOf(count)).toMatchObject({ kind: "default" });
    const choices = {
      branch: choiceOf(branch),
      count: choiceOf(count),
      mode: { kind: "value", pointer: "", value: "fast" } as const,
    };
    expect(sourcesOf(choices)).toEqual({
      branch: { pointer: "/branch" },
      mode: { value: "fast" },
    });
  });

  it("is refused where a parameter would have no value", () => {
    const choice = { pointer: "/a~1b/0", value: undefined };
    expect(choiceProblem(branch, { ...choice, kind: "pointer" })).toBeNull();
    expect(choiceProblem(branch, { ...choice, kind: "default" })?.code).toBe("required");
    expect(choiceProblem(branch, { ...choice, kind: "value" })?.code).toBe("required");
    expect(choiceProblem(count, { ...choice, kind: "value", value: "x" })?.code).toBe("integer");
    expect(choiceProblem(count, { ...choice, kind: "default" })).toBeNull();
    for (const pointer of ["", "branch", "/a~2"]) {
      expect(choiceProblem(branch, { ...choice, kind: "pointer", pointer })?.code).toBe("pointer");
    }
  });

  it("is called with a body in which every pointer finds something", () => {
    const sources = {
      branch: { pointer: "/push/ref", value: null },
      who: { pointer: "/push/a~1b", value: null },
      mode: { pointer: null, value: "fast" },
    };
    expect(exampleBody(sources, [branch])).toEqual({ push: { ref: "BRANCH", "a/b": "WHO" } });
    const call = curlOf("https://hodei.test", "42", sources, [branch], "it's secret");
    expect(call).toContain("https://hodei.test/api/v1/triggers/42");
    expect(call).toContain("'Authorization: Bearer it'\\''s secret'");
    expect(curlOf("http://x", "1", {}, [], null)).toBe(
      'curl -X POST http://x/api/v1/triggers/1 \\\n  -H "Authorization: Bearer $HODEI_TRIGGER_TOKEN"',
    );
  });
});
