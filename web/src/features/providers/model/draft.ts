/** What a form holds while it is filled in: text as it is typed, whatever the value will be. */
import type { Field } from "./schema";

/** Rows keep their identity while others come and go. */
export type Row = { id: string; key: string; value: Draft };
export type Rows = { kind: "rows"; rows: readonly Row[] };
export type Group = { kind: "group"; on: boolean; values: Readonly<Record<string, Draft>> };
/** A value that the server has and does not tell: it stays, is replaced, or goes. */
export type Stored = { kind: "stored"; choice: "keep" | "replace" | "remove"; value: Draft };
export type Draft = string | boolean | Rows | Group | Stored;

let made = 0;
export const newRow = (value: Draft, key = ""): Row => {
  made += 1;
  return { id: String(made), key, value };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The draft of `value`; undefined is nothing yet, which shows the default.
 * `stored` are the paths of hidden values that the server has, seen from this field.
 */
export function draftOf(field: Field, value: unknown, stored: readonly string[] = []): Draft {
  if (field.hidden && stored.includes("")) {
    return {
      kind: "stored",
      choice: "keep",
      value: draftOf({ ...field, hidden: false }, undefined),
    };
  }
  switch (field.kind) {
    case "text":
      return typeof value === "string" ? value : field.fallback;
    case "choice":
      return typeof value === "string" ? value : field.fallback;
    case "number":
      return typeof value === "number" ? String(value / field.scale) : field.fallback;
    case "flag":
      return typeof value === "boolean" ? value : field.fallback;
    case "list": {
      const items = Array.isArray(value) ? value : field.fallback;
      return { kind: "rows", rows: items.map((item) => newRow(draftOf(field.item, item))) };
    }
    case "map": {
      const entries = isObject(value) ? Object.entries(value) : [];
      return {
        kind: "rows",
        rows: entries.map(([key, item]) => newRow(draftOf(field.item, item), key)),
      };
    }
    case "group":
      return groupOf(field.fields, value, stored, !field.optional || isObject(value));
    case "json": {
      const shown = value === undefined ? field.fallback : value;
      return shown === undefined ? "" : JSON.stringify(shown, null, 2);
    }
  }
}

/** The draft of an object with these fields. */
export function groupOf(
  fields: readonly Field[],
  value: unknown,
  stored: readonly string[] = [],
  on = true,
): Group {
  const given = isObject(value) ? value : {};
  const values = fields.map((field) => {
    const inner = stored
      .filter((path) => path === field.name || path.startsWith(`${field.name}.`))
      .map((path) => path.slice(field.name.length + 1));
    return [field.name, draftOf(field, given[field.name], inner)] as const;
  });
  return { kind: "group", on: on || stored.length > 0, values: Object.fromEntries(values) };
}
