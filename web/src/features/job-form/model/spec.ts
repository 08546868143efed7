/** The form's values as the spec that the server takes, and a stored spec as form values. */
import type {
  Architecture,
  Command,
  EnvValue,
  Network,
  Priority,
  RetryPolicy,
  StoredSpec,
} from "@/api/spec";
import { ALLOW_RETRY_ATTEMPTS } from "./limits";
import {
  DEFAULTS,
  type EnvRow,
  type FormValues,
  newEnvRow,
  newRow,
  numberOf,
  RETRY_CAUSES,
  type Row,
} from "./values";
import { joinWords, splitWords } from "./words";

/** A spec to submit; what has its default value is left out. */
export type JobSpec = {
  name: string;
  command: Command;
  image?: string;
  env?: Record<string, EnvValue>;
  resources: {
    cpu: number;
    memory_mb: number;
    storage_mb?: number;
    gpus?: number;
    architecture?: Architecture;
  };
  timeout_ms: number;
  queue_timeout_ms?: number;
  grace_ms?: number;
  preferences?: { provider?: string; region?: string; labels?: Record<string, string> };
  priority?: Priority;
  retry?: boolean | RetryPolicy;
  network?: Network;
  labels?: Record<string, string>;
  working_dir?: string;
  stdin?: string;
  project?: string;
};

const DEFAULT_POLICY = policyOf(DEFAULTS);

/** The spec of values that have no issue. */
export function specOf(values: FormValues): JobSpec {
  const spec: JobSpec = {
    name: values.name.trim(),
    command: commandOf(values),
    resources: { cpu: numberOf(values.cpu), memory_mb: numberOf(values.memoryMb) },
    timeout_ms: numberOf(values.timeoutMs),
  };
  if (values.image.trim() !== "") spec.image = values.image.trim();
  if (values.env.length > 0) spec.env = envOf(values.env);
  if (numberOf(values.storageMb) > 0) spec.resources.storage_mb = numberOf(values.storageMb);
  if (values.gpu) spec.resources.gpus = numberOf(values.gpus);
  if (values.architecture !== "") spec.resources.architecture = values.architecture;
  if (values.queueTimeoutMs.trim() !== "") spec.queue_timeout_ms = numberOf(values.queueTimeoutMs);
  if (values.graceMs !== DEFAULTS.graceMs) spec.grace_ms = numberOf(values.graceMs);
  const preferences = preferencesOf(values);
  if (Object.keys(preferences).length > 0) spec.preferences = preferences;
  if (values.priority !== DEFAULTS.priority) spec.priority = values.priority;
  if (values.retry) spec.retry = retryOf(values);
  if (values.network !== DEFAULTS.network) spec.network = values.network;
  if (values.labels.length > 0) spec.labels = pairsOf(values.labels);
  if (values.workingDir.trim() !== "") spec.working_dir = values.workingDir.trim();
  if (values.stdin !== "") spec.stdin = values.stdin;
  if (values.project.trim() !== DEFAULTS.project) spec.project = values.project.trim();
  return spec;
}

function commandOf(values: FormValues): Command {
  if (values.type === "exec") return { type: "exec", argv: splitWords(values.argv).words };
  return { type: values.type, script: values.script };
}

function envOf(rows: readonly EnvRow[]): Record<string, EnvValue> {
  return Object.fromEntries(
    rows.map((row): [string, EnvValue] => {
      if (row.kind === "secret") return [row.name, { secret_value: row.value }];
      if (row.kind === "stored") return [row.name, { secret: row.value }];
      return [row.name, row.value];
    }),
  );
}

const pairsOf = (rows: readonly Row[]) =>
  Object.fromEntries(rows.map((row) => [row.name, row.value]));

function preferencesOf(values: FormValues): NonNullable<JobSpec["preferences"]> {
  const preferences: NonNullable<JobSpec["preferences"]> = {};
  if (values.provider !== "") preferences.provider = values.provider;
  if (values.region !== "") preferences.region = values.region;
  if (values.providerLabels.length > 0) preferences.labels = pairsOf(values.providerLabels);
  return preferences;
}

export function policyOf(values: FormValues): RetryPolicy {
  return {
    max_attempts: numberOf(values.maxAttempts),
    backoff: {
      initial_ms: numberOf(values.initialMs),
      factor: numberOf(values.factor),
      max_ms: numberOf(values.maxMs),
      jitter: numberOf(values.jitter),
    },
    on: RETRY_CAUSES.filter((cause) => values.causes.includes(cause)),
  };
}

/** `true` says the same as the policy that it stands for, and is easier to read. */
function retryOf(values: FormValues): true | RetryPolicy {
  const policy = policyOf(values);
  return JSON.stringify(policy) === JSON.stringify(DEFAULT_POLICY) ? true : policy;
}

const asText = (value: number) => String(value);

/** Form values that give `spec` again; secret values are not known and have to be typed again. */
export function valuesOf(spec: StoredSpec): FormValues {
  const { resources, preferences, retry, command } = spec;
  const repeats = retry.max_attempts > 1;
  return {
    ...DEFAULTS,
    name: spec.name,
    type: command.type,
    script: command.type === "exec" ? "" : command.script,
    argv: command.type === "exec" ? joinWords(command.argv) : "",
    workingDir: spec.working_dir ?? "",
    stdin: spec.stdin,
    image: spec.image ?? "",
    env: Object.entries(spec.env).map(([name, value]) => envRowOf(name, value)),
    network: spec.network,
    cpu: asText(resources.cpu),
    memoryMb: asText(resources.memory_mb),
    storageMb: asText(resources.storage_mb),
    timeoutMs: asText(spec.timeout_ms),
    graceMs: asText(spec.grace_ms),
    gpu: resources.gpus > 0,
    gpus: resources.gpus > 0 ? asText(resources.gpus) : DEFAULTS.gpus,
    architecture: resources.architecture ?? "",
    provider: preferences.provider ?? "",
    region: preferences.region ?? "",
    priority: spec.priority,
    retry: repeats,
    maxAttempts: asText(repeats ? retry.max_attempts : ALLOW_RETRY_ATTEMPTS),
    initialMs: asText(retry.backoff.initial_ms),
    factor: asText(retry.backoff.factor),
    maxMs: asText(retry.backoff.max_ms),
    jitter: asText(retry.backoff.jitter),
    causes: [...retry.on],
    providerLabels: rowsOf(preferences.labels),
    labels: rowsOf(spec.labels),
    queueTimeoutMs: spec.queue_timeout_ms === null ? "" : asText(spec.queue_timeout_ms),
    project: spec.project,
  };
}

function envRowOf(name: string, value: EnvValue): EnvRow {
  if (typeof value === "string") return newEnvRow(name, value, "text");
  if ("secret" in value) return newEnvRow(name, value.secret, "stored");
  return newEnvRow(name, "", "secret");
}

const rowsOf = (pairs: Record<string, string>) =>
  Object.entries(pairs).map(([name, value]) => newRow(name, value));
