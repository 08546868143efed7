/** From a draft to the value that is sent, with everything that is wrong on the way. */
import type { Draft, Group, Rows } from "./draft";
import type { Field, ListField, MapField, NumberField, TextField } from "./schema";

export type IssueCode =
  | "required"
  | "form"
  | "short"
  | "long"
  | "number"
  | "whole"
  | "range"
  | "above"
  | "least"
  | "most"
  | "many"
  | "twice"
  | "json"
  | "server";
export type Issue = { path: string; code: IssueCode; params: Record<string, string | number> };

export const pathTo = (outer: string, name: string): string =>
  [outer, name].filter((part) => part !== "").join(".");

/** Collects what is wrong while a draft is read. */
export class Reading {
  readonly issues: Issue[] = [];

  note(path: string, code: IssueCode, params: Issue["params"] = {}): undefined {
    this.issues.push({ path, code, params });
    return undefined;
  }

  /** The object of a group; what equals its default is left out, so that it follows the default. */
  group(fields: readonly Field[], group: Group, path: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const field of fields) {
      const draft = group.values[field.name];
      if (draft === undefined) continue;
      const value = this.value(field, draft, pathTo(path, field.name));
      const replaces = typeof draft === "object" && draft.kind === "stored";
      if (value === undefined || (!replaces && isDefault(field, value))) continue;
      found[field.name] = value;
    }
    return found;
  }

  /** The value, or undefined when there is none to send. */
  value(field: Field, draft: Draft, path: string): unknown {
    if (typeof draft === "object" && draft.kind === "stored") {
      if (draft.choice === "keep") return undefined;
      if (draft.choice === "remove") return null;
      return this.value({ ...field, hidden: false, required: true }, draft.value, path);
    }
    if (typeof draft === "string") return this.typed(field, draft, path);
    if (typeof draft === "boolean") return draft;
    if (draft.kind === "group") {
      if (field.kind !== "group") return undefined;
      return draft.on ? this.group(field.fields, draft, path) : undefined;
    }
    if (field.kind === "list") return this.list(field, draft, path);
    return field.kind === "map" ? this.map(field, draft, path) : undefined;
  }

  private typed(field: Field, typed: string, path: string): unknown {
    switch (field.kind) {
      case "number":
        return this.number(field, typed.trim(), path);
      case "json":
        return this.json(typed, path);
      case "text":
        return this.text(field, typed, path);
      default:
        return typed === "" ? undefined : typed;
    }
  }

  private text(field: TextField, typed: string, path: string): string | undefined {
    const text = field.hidden ? typed : typed.trim();
    if (text === "") {
      if (field.required && field.least > 0) return this.note(path, "required");
      if (!field.required) return undefined;
      if (field.pattern !== null && !fits(field.pattern, "")) return this.note(path, "required");
      return text;
    }
    if (text.length < field.least) return this.note(path, "short", { least: field.least });
    if (text.length > field.most) return this.note(path, "long", { most: field.most });
    return fits(field.pattern, text) ? text : this.note(path, "form");
  }

  private number(field: NumberField, typed: string, path: string): number | undefined {
    if (typed === "") return field.required ? this.note(path, "required") : undefined;
    const value = Number(typed.replace(",", "."));
    if (!Number.isFinite(value)) return this.note(path, "number");
    if (field.whole && !Number.isInteger(value * field.scale)) return this.note(path, "whole");
    const { low, high, above } = field;
    const under = above ? value <= low : value < low;
    if (under || value > high) {
      const bounded = Number.isFinite(low) && Number.isFinite(high);
      const code = bounded ? (above ? "above" : "range") : under ? "least" : "most";
      return this.note(path, code, { low, high });
    }
    return value * field.scale;
  }

  private json(typed: string, path: string): unknown {
    if (typed.trim() === "") return undefined;
    try {
      return JSON.parse(typed) as unknown;
    } catch (error) {
      return this.note(path, "json", { message: error instanceof Error ? error.message : "" });
    }
  }

  private list(field: ListField, { rows }: Rows, path: string): unknown[] {
    if (rows.length > field.most) this.note(path, "many", { most: field.most });
    const seen = new Set<string>();
    return rows.map((row, index) => {
      const at = `${path}[${index}]`;
      const value = this.value(field.item, row.value, at);
      const same = JSON.stringify(value);
      if (field.unique && seen.has(same)) this.note(at, "twice");
      seen.add(same);
      return value;
    });
  }

  private map(field: MapField, { rows }: Rows, path: string): Record<string, unknown> {
    if (rows.length > field.most) this.note(path, "many", { most: field.most });
    const found = new Map<string, unknown>();
    rows.forEach((row, index) => {
      const at = entryPath(path, index);
      const key = row.key.trim();
      if (key === "") this.note(`${at}.key`, "required");
      else if (!fits(field.keyPattern, key)) this.note(`${at}.key`, "form");
      else if (found.has(key)) this.note(`${at}.key`, "twice");
      found.set(key, this.value(field.item, row.value, `${at}.value`));
    });
    return Object.fromEntries(found);
  }
}

/** Entries of a map are known by their place: their names change while they are typed. */
export const entryPath = (path: string, index: number): string => `${path}{${index}}`;

function fits(pattern: string | null, text: string): boolean {
  if (pattern === null) return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true; // a pattern of another dialect: the server decides
  }
}

function isDefault(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case "number":
      return field.fallback !== "" && value === Number(field.fallback) * field.scale;
    case "text":
    case "choice":
      return value === field.fallback && value !== "";
    case "flag":
      return value === field.fallback;
    case "list":
      return JSON.stringify(value) === JSON.stringify(field.fallback);
    case "map":
      return JSON.stringify(value) === "{}";
    default:
      return false;
  }
}
