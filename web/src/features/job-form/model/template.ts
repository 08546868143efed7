/** The form's values with placeholders in their texts: as a template's spec, checked, and back. */
import type { EnvValue, StoredSpec } from "@/api/spec";
import { namesIn, replaced, wholeName } from "@/lib/placeholders";
import { type FieldId, type Issue, issuesOf } from "./issues";
import { policyOf, specOf, valuesOf } from "./spec";
import { DEFAULTS, type EnvRow, type FieldName, type FormValues, type Row } from "./values";

type Data = Record<string, unknown>;

/** Where the numbers of the form are in a spec. */
const NUMBERS = {
  cpu: "resources.cpu",
  memoryMb: "resources.memory_mb",
  storageMb: "resources.storage_mb",
  gpus: "resources.gpus",
  timeoutMs: "timeout_ms",
  queueTimeoutMs: "queue_timeout_ms",
  graceMs: "grace_ms",
  maxAttempts: "retry.max_attempts",
  initialMs: "retry.backoff.initial_ms",
  factor: "retry.backoff.factor",
  maxMs: "retry.backoff.max_ms",
  jitter: "retry.backoff.jitter",
} as const satisfies Partial<Record<FieldName, string>>;
type NumberField = keyof typeof NUMBERS;
const NUMBER_FIELDS = Object.keys(NUMBERS) as NumberField[];

const ofRetry = (field: NumberField) => NUMBERS[field].startsWith("retry.");

/** Numbers of the form that a parameter stands for, and that the form shows. */
const filledNumbers = (values: FormValues): NumberField[] =>
  NUMBER_FIELDS.filter(
    (field) =>
      wholeName(values[field]) !== null &&
      (field !== "gpus" || values.gpu) &&
      (!ofRetry(field) || values.retry),
  );

/** `values` with the usual number wherever a parameter stands for one. */
function withNumbers(values: FormValues): FormValues {
  const usual = filledNumbers(values).map((field) => [field, DEFAULTS[field]]);
  return { ...values, ...Object.fromEntries(usual) };
}

/** A value that is a parameter is no secret value of the template, whatever its name looks like. */
const openly = (row: EnvRow): EnvRow =>
  row.kind === "secret" && wholeName(row.value) !== null ? { ...row, kind: "text" } : row;

/** Without spaces inside, so that a command line keeps a placeholder in one word. */
const tight = (text: string) => replaced(text, (name) => `{{${name}}}`);

/** The spec of a template: that of a job, which the template names and puts into its project. */
export function templateSpecOf(values: FormValues): Data {
  const plain = withNumbers(values);
  const spec = specOf({
    ...plain,
    argv: tight(values.argv),
    env: values.env.map(openly),
    project: DEFAULTS.project,
  }) as unknown as Data;
  if (spec.name === "") delete spec.name;
  for (const field of filledNumbers(values)) {
    if (ofRetry(field) && spec.retry === true) spec.retry = policyOf(plain);
    put(spec, NUMBERS[field].split("."), values[field].trim());
  }
  return spec;
}

function put(data: Data, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) data[name] = value;
  else {
    data[name] ??= {};
    put(data[name] as Data, rest, value);
  }
}

const TEXTS = [
  "name",
  "script",
  "argv",
  "workingDir",
  "stdin",
  "image",
  "provider",
  "region",
  "architecture",
  "priority",
] as const satisfies FieldName[];
const ROWS = ["env", "labels", "providerLabels"] as const satisfies FieldName[];

/** Every field that may hold placeholders, with what it holds. */
function texts(values: FormValues): [FieldId, string][] {
  return [
    ...TEXTS.filter((field) => field !== "argv" || values.type === "exec")
      .filter((field) => field !== "script" || values.type !== "exec")
      .map((field): [FieldId, string] => [field, values[field]]),
    ...filledNumbers(values).map((field): [FieldId, string] => [field, values[field]]),
    ...ROWS.flatMap((field) =>
      values[field].map((row): [FieldId, string] => [`${field}.${row.id}.value`, row.value]),
    ),
  ];
}

/** Names of the parameters that the texts use. */
export const usedNames = (values: FormValues): ReadonlySet<string> =>
  new Set(texts(values).flatMap(([, text]) => namesIn(text)));

/** What is wrong with a template of these parameters; a placeholder is taken to be right. */
export function templateIssuesOf(values: FormValues, parameters: readonly string[]): Issue[] {
  const plain = (text: string) => replaced(text, () => "x");
  const row = <R extends Row>(one: R): R => ({ ...one, value: plain(one.value) });
  const stand: FormValues = {
    ...withNumbers(values),
    name: plain(values.name) || "x",
    script: plain(values.script),
    argv: plain(values.argv),
    stdin: plain(values.stdin),
    image: plain(values.image),
    workingDir: wholeName(values.workingDir) === null ? plain(values.workingDir) : "",
    env: values.env.map(openly).map(row),
    labels: values.labels.map(row),
    providerLabels: values.providerLabels.map(row),
  };
  const unknown = texts(values).flatMap(([field, text]) =>
    namesIn(text)
      .filter((name) => !parameters.includes(name))
      .slice(0, 1)
      .map((name): Issue => ({ field, code: "parameter", params: { name } })),
  );
  return [...issuesOf(stand), ...unknown];
}

/** Form values that give `spec` again, which may leave out what has its default. */
export function templateValuesOf(spec: Data): FormValues {
  const full = completed(spec);
  const found = NUMBER_FIELDS.map((field) => [field, at(full, NUMBERS[field])] as const);
  const written = found.filter(([, value]) => typeof value === "string");
  for (const [field] of written) {
    put(full, NUMBERS[field].split("."), Number(DEFAULTS[field]) || 1);
  }
  const values = valuesOf(full as unknown as StoredSpec);
  return {
    ...values,
    ...Object.fromEntries(written),
    gpu: values.gpu || written.some(([field]) => field === "gpus"),
    retry: values.retry || written.some(([field]) => ofRetry(field)),
  };
}

const at = (data: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, name) => (inner as Data | null)?.[name], data);

const POLICY = policyOf(DEFAULTS);

function completed(spec: Data): Data {
  const map = (value: unknown) => (value ?? {}) as Data;
  const { retry, command } = spec;
  const policy = typeof retry === "object" && retry !== null ? (retry as Data) : {};
  return structuredClone({
    ...BASE,
    ...spec,
    ...(typeof command === "string" && { command: { type: "shell", script: command } }),
    env: map(spec.env) as Record<string, EnvValue>,
    resources: { ...BASE.resources, ...map(spec.resources) },
    preferences: { ...BASE.preferences, ...map(spec.preferences) },
    retry: {
      ...POLICY,
      ...(retry !== true && { max_attempts: 1 }),
      ...policy,
      backoff: { ...POLICY.backoff, ...map(policy.backoff) },
    },
  });
}

const BASE = {
  name: "",
  command: { type: "shell", script: "" },
  image: null,
  resources: {
    cpu: Number(DEFAULTS.cpu),
    memory_mb: Number(DEFAULTS.memoryMb),
    storage_mb: Number(DEFAULTS.storageMb),
    gpus: 0,
    architecture: null,
  },
  timeout_ms: Number(DEFAULTS.timeoutMs),
  queue_timeout_ms: null,
  grace_ms: Number(DEFAULTS.graceMs),
  preferences: { provider: null, region: null, labels: {} },
  priority: DEFAULTS.priority,
  network: DEFAULTS.network,
  labels: {},
  working_dir: null,
  stdin: "",
  project: DEFAULTS.project,
} as const;
