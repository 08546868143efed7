/** What the server refused, put beside the field of the form that it is about. */
import type { FieldId, Issue } from "./issues";
import type { FieldName, FormValues, Row } from "./values";

export type Violation = { field: string; message: string };

const FIELDS: Record<string, FieldName> = {
  name: "name",
  command: "script",
  "command.script": "script",
  "command.type": "type",
  "command.argv": "argv",
  image: "image",
  env: "env",
  network: "network",
  working_dir: "workingDir",
  stdin: "stdin",
  "resources.cpu": "cpu",
  "resources.memory_mb": "memoryMb",
  "resources.storage_mb": "storageMb",
  "resources.gpus": "gpus",
  "resources.architecture": "architecture",
  timeout_ms: "timeoutMs",
  queue_timeout_ms: "queueTimeoutMs",
  grace_ms: "graceMs",
  "preferences.provider": "provider",
  "preferences.region": "region",
  "preferences.labels": "providerLabels",
  priority: "priority",
  retry: "retry",
  "retry.max_attempts": "maxAttempts",
  "retry.backoff.initial_ms": "initialMs",
  "retry.backoff.factor": "factor",
  "retry.backoff.max_ms": "maxMs",
  "retry.backoff.jitter": "jitter",
  "retry.on": "causes",
  labels: "labels",
  project: "project",
  idempotency_key: "idempotencyKey",
};

/** One issue per violation; what belongs to no field belongs to the form as a whole. */
export function issuesFrom(violations: readonly Violation[], values: FormValues): Issue[] {
  return violations.map(({ field, message }) => ({
    field: placeOf(field, values),
    code: "server",
    params: { message },
  }));
}

function placeOf(path: string, values: FormValues): FieldId {
  const [, name, secret] = /^env\.(.+?)(\.secret(?:_value)?)?$/.exec(path) ?? [];
  if (name !== undefined) return cellOf("env", values.env, name, secret === undefined);
  const label = /^(preferences\.)?labels\.(.+)$/.exec(path);
  if (label !== null) {
    const field = label[1] === undefined ? "labels" : "providerLabels";
    return cellOf(field, values[field], label[2] ?? "", true);
  }
  const whole = path.replace(/\[\d+\]$/, "");
  return FIELDS[whole] ?? "";
}

function cellOf(
  field: "env" | "labels" | "providerLabels",
  rows: readonly Row[],
  name: string,
  ofName: boolean,
): FieldId {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) return field;
  return `${field}.${row.id}.${ofName ? "name" : "value"}`;
}
