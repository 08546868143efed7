/** What is wrong with the form, field by field, before the server has to say it. */
import {
  bytesOf,
  follows,
  RANGES,
  type RANGES as Ranges,
  SIZES,
  TEXTS,
  type TextRule,
} from "./limits";
import { type EnvRow, type FieldName, type FormValues, numberOf, type Row } from "./values";
import { splitWords } from "./words";

export type IssueCode =
  | "required"
  | "range"
  | "whole"
  | "length"
  | "bytes"
  | "line"
  | "image"
  | "imageCase"
  | "nul"
  | "openQuote"
  | "program"
  | "items"
  | "envName"
  | "envReserved"
  | "twice"
  | "entries"
  | "bytesTogether"
  | "secretName"
  | "secretAgain"
  | "labelKey"
  | "labelValue"
  | "path"
  | "project"
  | "idempotencyKey"
  | "causes"
  | "parameter"
  | "server";

/** A field of the form, or one cell of its rows: `env.r3.name`. */
export type FieldId = FieldName | `${FieldName}.${string}.${"name" | "value"}` | "";

export type Issue = {
  field: FieldId;
  code: IssueCode;
  params?: Record<string, string | number>;
};

/** Everything that is wrong, in the order of the form. */
export function issuesOf(values: FormValues): Issue[] {
  return [
    ...nameIssues(values),
    ...(values.type === "exec" ? argvIssues(values.argv) : scriptIssues(values.script)),
    ...optional("workingDir", values.workingDir.trim(), TEXTS.workingDir, "path"),
    ...sized("stdin", values.stdin, SIZES.stdinBytes),
    ...imageIssues(values.image.trim()),
    ...envIssues(values.env),
    ...numberIssues(values),
    ...labelIssues("providerLabels", values.providerLabels),
    ...labelIssues("labels", values.labels),
    ...optional("project", values.project.trim() || " ", TEXTS.project, "project"),
    ...optional("idempotencyKey", values.idempotencyKey, TEXTS.idempotencyKey, "idempotencyKey"),
  ];
}

function nameIssues({ name }: FormValues): Issue[] {
  if (name.trim() === "") return [{ field: "name", code: "required" }];
  return optional("name", name, TEXTS.line, "line");
}

function optional(field: FieldName, text: string, rule: TextRule, code: IssueCode): Issue[] {
  if (text === "" || follows(text, rule)) return [];
  if ([...text].length > rule.most) return [{ field, code: "length", params: { most: rule.most } }];
  return [{ field, code }];
}

function sized(field: FieldName, text: string, most: number): Issue[] {
  if (text.includes("\0")) return [{ field, code: "nul" }];
  const given = bytesOf(text);
  return given > most ? [{ field, code: "bytes", params: { most, given } }] : [];
}

function scriptIssues(script: string): Issue[] {
  if (script.trim() === "") return [{ field: "script", code: "required" }];
  return sized("script", script, SIZES.scriptBytes);
}

function argvIssues(line: string): Issue[] {
  const field = "argv";
  const { words, open } = splitWords(line);
  if (open !== null) return [{ field, code: "openQuote", params: { quote: open } }];
  if (words.length === 0) return [{ field, code: "required" }];
  if (words[0] === "") return [{ field, code: "program" }];
  if (words.length > SIZES.argvItems) {
    return [{ field, code: "items", params: { most: SIZES.argvItems, given: words.length } }];
  }
  const longest = words.find((word) => bytesOf(word) > SIZES.argvItemBytes);
  if (longest !== undefined) return sized(field, longest, SIZES.argvItemBytes);
  return sized(field, words.join(""), SIZES.argvBytes);
}

function imageIssues(image: string): Issue[] {
  if (image !== image.toLowerCase() && follows(image.toLowerCase(), TEXTS.image)) {
    const repository = image.replace(/(?<=.):[\w.-]+$|@.*$/g, "");
    if (repository !== repository.toLowerCase()) return [{ field: "image", code: "imageCase" }];
  }
  return optional("image", image, TEXTS.image, "image");
}

function envIssues(rows: readonly EnvRow[]): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  if (rows.length > SIZES.envEntries) {
    issues.push({ field: "env", code: "entries", params: { most: SIZES.envEntries } });
  }
  for (const row of rows) {
    const code = envNameCode(row.name, seen);
    if (code !== null) issues.push({ field: `env.${row.id}.name`, code });
    seen.add(row.name);
    issues.push(...envValueIssues(row));
  }
  const inline = rows.filter((row) => row.kind !== "stored");
  const given = inline.reduce((sum, row) => sum + bytesOf(row.name + row.value), 0);
  if (given > SIZES.envBytes) {
    issues.push({ field: "env", code: "bytesTogether", params: { most: SIZES.envBytes, given } });
  }
  return issues;
}

function envNameCode(name: string, seen: ReadonlySet<string>): IssueCode | null {
  if (name === "") return "required";
  if (name.startsWith("HODEI_")) return "envReserved";
  if (!follows(name, TEXTS.envName)) return "envName";
  return seen.has(name) ? "twice" : null;
}

function envValueIssues({ id, kind, value }: EnvRow): Issue[] {
  const field: FieldId = `env.${id}.value`;
  if (kind === "stored") {
    return follows(value, TEXTS.secretName) ? [] : [{ field, code: "secretName" }];
  }
  if (kind === "secret" && value === "") return [{ field, code: "secretAgain" }];
  if (value.includes("\0")) return [{ field, code: "nul" }];
  const given = bytesOf(value);
  if (given <= SIZES.envValueBytes) return [];
  return [{ field, code: "bytes", params: { most: SIZES.envValueBytes, given } }];
}

type NumberField = keyof typeof Ranges;

function numberIssues(values: FormValues): Issue[] {
  const fields: NumberField[] = ["cpu", "memoryMb", "storageMb", "timeoutMs"];
  if (values.gpu) fields.push("gpus");
  fields.push("graceMs");
  if (values.retry) fields.push("maxAttempts", "initialMs", "factor", "maxMs", "jitter");
  const issues = fields.flatMap((field) => rangeIssue(field, values[field]));
  if (values.retry && values.causes.length === 0) issues.push({ field: "causes", code: "causes" });
  if (values.queueTimeoutMs.trim() !== "") {
    issues.push(...rangeIssue("queueTimeoutMs", values.queueTimeoutMs));
  }
  return issues;
}

function rangeIssue(field: NumberField, text: string): Issue[] {
  const { least, most, whole } = RANGES[field];
  const value = numberOf(text);
  const low = field === "gpus" ? 1 : least;
  const fits = value >= low && value <= most && (!whole || Number.isInteger(value));
  return fits ? [] : [{ field, code: whole ? "whole" : "range", params: { least: low, most } }];
}

function labelIssues(field: "labels" | "providerLabels", rows: readonly Row[]): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  if (rows.length > SIZES.labels) {
    issues.push({ field, code: "entries", params: { most: SIZES.labels } });
  }
  for (const { id, name, value } of rows) {
    if (name === "") issues.push({ field: `${field}.${id}.name`, code: "required" });
    else if (!follows(name, TEXTS.labelKey)) {
      issues.push({ field: `${field}.${id}.name`, code: "labelKey" });
    } else if (seen.has(name)) issues.push({ field: `${field}.${id}.name`, code: "twice" });
    if (!follows(value, TEXTS.labelValue)) {
      issues.push({ field: `${field}.${id}.value`, code: "labelValue" });
    }
    seen.add(name);
  }
  return issues;
}
