import { describe, expect, it } from "vitest";
import type { Parameter } from "@/api/queries/templates";
import { parameterDefaults, problemOf, problemsOf, refusalsOf, withoutSecrets } from "./parameters";

const of = (type: Parameter["type"], more: Partial<Parameter> = {}): Parameter => ({
  name: "p",
  type,
  ...more,
});
const code = (parameter: Parameter, value: unknown) => problemOf(parameter, value)?.code;

describe("a parameter's value", () => {
  it("begins with the default; a switch is off", () => {
    const parameters = [
      of("string", { name: "a", default: "x" }),
      of("integer", { name: "b", default: 0 }),
      of("boolean", { name: "c" }),
      of("string", { name: "d", default: null }),
    ];
    expect(parameterDefaults(parameters)).toEqual({ a: "x", b: 0, c: false });
  });

  it.each([
    [of("string", { required: true }), undefined, "required"],
    [of("string", { required: true, default: "x" }), "", undefined],
    [of("string"), undefined, undefined],
    [of("string", { min_length: 2 }), "a", "length"],
    [of("string", { max_length: 2 }), "𝒳𝒳", undefined],
    [of("string", { pattern: "a|b" }), "ab", "pattern"],
    [of("string", { pattern: "a|b" }), "b", undefined],
    [of("string", { pattern: "(?P<x>a)" }), "b", undefined],
    [of("integer"), 1.5, "integer"],
    [of("integer"), "x", "integer"],
    [of("integer"), 3, undefined],
    [of("number"), "1,5.", "number"],
    [of("number", { minimum: 1, maximum: 2 }), 3, "between"],
    [of("number", { minimum: 1 }), 0, "least"],
    [of("number", { maximum: 1 }), 2, "most"],
    [of("number", { minimum: 0 }), 0, undefined],
    [of("choice", { choices: ["a", "b"] }), "c", "choice"],
    [of("boolean", { required: true }), false, undefined],
    [of("file"), "relative", "file"],
    [of("file"), "/etc/x", undefined],
    [of("file"), "https://x/y", "file"],
    [of("file", { schemes: ["https"] }), "HTTPS://x/y", undefined],
    [of("file", { schemes: ["https"] }), "https://", "file"],
    [of("secret", { required: true }), { secret: "" }, "required"],
    [of("secret"), { secret: "no name" }, "secretName"],
    [of("secret"), { secret: "db-password" }, undefined],
  ] as const)("%o with %o: %s", (parameter, value, expected) => {
    expect(code(parameter, value)).toBe(expected);
  });

  it("is checked by name", () => {
    const parameters = [of("integer", { name: "a", required: true }), of("string", { name: "b" })];
    expect(Object.keys(problemsOf(parameters, {}))).toEqual(["a"]);
  });

  it("is not shown where it is a secret that was typed", () => {
    const parameters = [of("secret", { name: "a" }), of("secret", { name: "b" })];
    const shown = withoutSecrets(parameters, { a: "s3cret", b: { secret: "name" }, c: 1 });
    expect(JSON.stringify(shown)).not.toContain("s3cret");
    expect(shown).toMatchObject({ b: { secret: "name" }, c: 1 });
  });
});

describe("refusals", () => {
  it("are put beside the parameter that they are about", () => {
    expect(
      refusalsOf([
        { field: "parameters.count", message: "too many" },
        { field: "parameters.token.secret", message: "no such secret" },
        { field: "name", message: "too long" },
      ]),
    ).toEqual({ count: "too many", token: "no such secret", "": "too long" });
  });

  it("of a variable are put beside the parameter that fills it", () => {
    const spec = { env: { TOKEN: "{{ token }}", MODE: "x-{{ mode }}" } };
    const refused = (field: string) => refusalsOf([{ field, message: "no" }], spec);
    expect(refused("env.TOKEN.secret")).toEqual({ token: "no" });
    expect(refused("env.TOKEN")).toEqual({ token: "no" });
    expect(refused("env.MODE")).toEqual({ "": "no" });
  });
});
