/** Parameters as they are edited: text as typed, so that checking it loses nothing. */
import type { Parameter, ParameterType, ParameterValue } from "@/api/queries/templates";
import { numberOf } from "@/features/job-form";
import { PARAMETER_NAME } from "@/lib/placeholders";
import { isStored, type Problem, problemOf } from "./parameters";

export type ParameterRow = {
  id: string;
  name: string;
  type: ParameterType;
  label: string;
  description: string;
  required: boolean;
  /** Of a boolean "true", "false" or nothing; of a secret the name of a stored one. */
  default: string;
  /** One a line. */
  choices: string;
  minimum: string;
  maximum: string;
  minLength: string;
  maxLength: string;
  pattern: string;
  /** Parted by commas. */
  schemes: string;
};

export const PARAMETER_TYPES = [
  "string",
  "integer",
  "number",
  "boolean",
  "choice",
  "secret",
  "file",
] as const satisfies ParameterType[];

export const MOST_PARAMETERS = 50;

export type Cell = Exclude<keyof ParameterRow, "id" | "type" | "required">;

export type RowIssue = {
  row: string;
  cell: Cell;
  code: Problem["code"] | "name" | "twice" | "choices" | "order" | "whole" | "regexp" | "server";
  params?: Problem["params"];
};

let rows = 0;

export function newRow(name = ""): ParameterRow {
  rows += 1;
  return {
    id: `p${rows}`,
    name,
    type: "string",
    label: "",
    description: "",
    required: true,
    default: "",
    choices: "",
    minimum: "",
    maximum: "",
    minLength: "",
    maxLength: "",
    pattern: "",
    schemes: "https",
  };
}

const shown = (value: unknown): string => {
  if (isStored(value)) return value.secret;
  return value == null ? "" : String(value);
};

export function rowOf(parameter: Parameter): ParameterRow {
  return {
    ...newRow(parameter.name),
    type: parameter.type,
    label: parameter.label ?? "",
    description: parameter.description ?? "",
    required: parameter.required ?? false,
    default: shown(parameter.default),
    choices: (parameter.choices ?? []).join("\n"),
    minimum: shown(parameter.minimum),
    maximum: shown(parameter.maximum),
    minLength: shown(parameter.min_length),
    maxLength: shown(parameter.max_length),
    pattern: parameter.pattern ?? "",
    schemes: (parameter.schemes ?? []).join(", "),
  };
}

export const choicesOf = (row: ParameterRow): string[] =>
  row.choices
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

const schemesOf = (row: ParameterRow): string[] =>
  row.schemes
    .split(/[\s,]+/)
    .map((scheme) => scheme.replace(/:?\/*$/, "").toLowerCase())
    .filter((scheme) => scheme !== "");

/** Which limits a type has. */
export const LIMITS = {
  string: ["minLength", "maxLength", "pattern"],
  secret: [],
  integer: ["minimum", "maximum"],
  number: ["minimum", "maximum"],
  choice: ["choices"],
  file: ["schemes"],
  boolean: [],
} as const satisfies Record<ParameterType, readonly Cell[]>;

const NAMES = {
  minimum: "minimum",
  maximum: "maximum",
  minLength: "min_length",
  maxLength: "max_length",
} as const;

/** The parameter that a row describes; a limit that is no number is left out, and is an issue. */
export function parameterOf(row: ParameterRow): Parameter {
  const parameter: Parameter = { name: row.name.trim(), type: row.type, required: row.required };
  if (row.label.trim() !== "") parameter.label = row.label.trim();
  if (row.description.trim() !== "") parameter.description = row.description.trim();
  for (const limit of LIMITS[row.type]) {
    const text = row[limit].trim();
    if (limit === "choices") parameter.choices = choicesOf(row);
    else if (limit === "schemes") parameter.schemes = schemesOf(row);
    else if (text === "") continue;
    else if (limit === "pattern") parameter.pattern = text;
    else if (!Number.isNaN(numberOf(text))) parameter[NAMES[limit]] = numberOf(text);
  }
  const usual = defaultOf(row);
  if (usual !== null) parameter.default = usual;
  return parameter;
}

function defaultOf(row: ParameterRow): ParameterValue | { secret: string } | null {
  if (row.default === "") return null;
  if (row.type === "secret") return { secret: row.default };
  if (row.type === "boolean") return row.default === "true";
  if (row.type !== "integer" && row.type !== "number") return row.default;
  const value = numberOf(row.default);
  return Number.isNaN(value) ? row.default : value;
}

/** Everything that is wrong with the rows, in their order. */
export function rowIssues(rows: readonly ParameterRow[]): RowIssue[] {
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const issues: RowIssue[] = [];
    const add = (cell: Cell, code: RowIssue["code"], params?: RowIssue["params"]) =>
      issues.push({ row: row.id, cell, code, ...(params && { params }) });
    const name = row.name.trim();
    if (name === "") add("name", "required");
    else if (!PARAMETER_NAME.test(name)) add("name", "name");
    else if (seen.has(name)) add("name", "twice");
    seen.add(name);
    limitIssues(row, add);
    const problem = issues.length > 0 ? null : problemOf(parameterOf(row), defaultOf(row) ?? "");
    if (problem !== null && problem.code !== "required") {
      add("default", problem.code, problem.params);
    }
    return issues;
  });
}

function limitIssues(row: ParameterRow, add: (cell: Cell, code: RowIssue["code"]) => void): void {
  const limits: readonly Cell[] = LIMITS[row.type];
  const number = (cell: Cell, whole: boolean): number | null => {
    const text = row[cell].trim();
    if (!limits.includes(cell) || text === "") return null;
    const value = numberOf(text);
    if (Number.isNaN(value)) add(cell, "number");
    else if (
      whole &&
      (!Number.isInteger(value) || (cell !== "minimum" && cell !== "maximum" && value < 0))
    )
      add(cell, "whole");
    return value;
  };
  const least = number("minimum", row.type === "integer");
  const most = number("maximum", row.type === "integer");
  if (least !== null && most !== null && least > most) add("maximum", "order");
  const shortest = number("minLength", true);
  const longest = number("maxLength", true);
  if (shortest !== null && longest !== null && shortest > longest) add("maxLength", "order");
  if (limits.includes("choices") && choicesOf(row).length === 0) add("choices", "choices");
  if (limits.includes("pattern") && row.pattern !== "" && !isPattern(row.pattern)) {
    add("pattern", "regexp");
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u") !== null;
  } catch {
    return false;
  }
}

const CELLS: Readonly<Record<string, Cell>> = {
  name: "name",
  label: "label",
  description: "description",
  default: "default",
  choices: "choices",
  minimum: "minimum",
  maximum: "maximum",
  min_length: "minLength",
  max_length: "maxLength",
  pattern: "pattern",
  schemes: "schemes",
};

/** A refusal of the server that is about a cell of a row; null: it is about something else. */
export function refusedCell(
  field: string,
  message: string,
  rows: readonly ParameterRow[],
): RowIssue | null {
  const [, key = "", cell = "name"] =
    /^parameters(?:\[(?=\d)|\.)([a-z0-9_]+)\]?(?:\.([a-z_]+))?/.exec(field) ?? [];
  const row = /^\d+$/.test(key) ? rows[Number(key)] : rows.find(({ name }) => name === key);
  if (row === undefined) return null;
  return { row: row.id, cell: CELLS[cell] ?? "name", code: "server", params: { message } };
}
