import { describe, expect, it } from "vitest";
import type { Parameter } from "@/api/queries/templates";
import { newRow, type ParameterRow, parameterOf, refusedCell, rowIssues, rowOf } from "./editor";

const row = (change: Partial<ParameterRow>): ParameterRow => ({ ...newRow("p"), ...change });
const codes = (...rows: ParameterRow[]) =>
  rowIssues(rows).map(({ cell, code }) => `${cell}: ${code}`);

describe("a row of the editor", () => {
  it.each<Parameter>([
    { name: "a", type: "string", required: true, default: "x", max_length: 5, pattern: "x+" },
    { name: "b", type: "integer", required: false, default: 3, minimum: 1, maximum: 9 },
    { name: "c", type: "boolean", required: false, default: true, label: "C", description: "d" },
    { name: "d", type: "choice", required: true, choices: ["x", "y z"] },
    { name: "e", type: "file", required: true, schemes: ["https", "s3"] },
    { name: "f", type: "secret", required: true, default: { secret: "db-password" } },
    { name: "g", type: "number", required: true, default: 0.5 },
  ])("gives $type back as it was", (parameter) => {
    expect(parameterOf(rowOf(parameter))).toEqual(parameter);
  });

  it("keeps no limit of another type", () => {
    const changed = row({ type: "boolean", minimum: "1", pattern: "x", choices: "a" });
    expect(parameterOf(changed)).toEqual({ name: "p", type: "boolean", required: true });
  });

  it.each([
    [{ name: "" }, ["name: required"]],
    [{ name: "Upper" }, ["name: name"]],
    [{ type: "choice" }, ["choices: choices"]],
    [{ type: "integer", minimum: "x" }, ["minimum: number"]],
    [{ type: "integer", minimum: "1.5" }, ["minimum: whole"]],
    [{ type: "number", minimum: "2", maximum: "1" }, ["maximum: order"]],
    [{ minLength: "-1" }, ["minLength: whole"]],
    [{ minLength: "3", maxLength: "2" }, ["maxLength: order"]],
    [{ pattern: "(" }, ["pattern: regexp"]],
    [{ type: "integer", default: "x" }, ["default: integer"]],
    [{ type: "integer", maximum: "3", default: "4" }, ["default: most"]],
    [{ type: "choice", choices: "a\nb", default: "c" }, ["default: choice"]],
    [{ type: "boolean", default: "false" }, []],
    [{ type: "secret", default: "no name" }, ["default: secretName"]],
    [{ type: "number", minimum: "-1,5", default: "-1" }, []],
  ] as [Partial<ParameterRow>, string[]][])("%o: %o", (change, expected) => {
    expect(codes(row(change))).toEqual(expected);
  });

  it("may not have the name of another", () => {
    expect(codes(row({}), row({}))).toEqual(["name: twice"]);
  });

  it("is found by what the server refused", () => {
    const rows = [row({ name: "a" }), row({ name: "b" })];
    const second = { row: rows[1]?.id, code: "server", params: { message: "no" } };
    expect(refusedCell("parameters[1].max_length", "no", rows)).toEqual({
      ...second,
      cell: "maxLength",
    });
    expect(refusedCell("parameters.b.default", "no", rows)).toEqual({ ...second, cell: "default" });
    expect(refusedCell("parameters.b", "no", rows)).toEqual({ ...second, cell: "name" });
    expect(refusedCell("spec.env.b", "no", rows)).toBeNull();
    expect(refusedCell("parameters", "no", rows)).toBeNull();
  });
});
