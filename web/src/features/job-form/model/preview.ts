/** The same job in every spelling: JSON, YAML, command line, curl and Python. No secret value. */
import type { EnvValue } from "@/api/spec";
import type { JobSpec } from "./spec";
import { quoteWord } from "./words";
import { toYaml } from "./yaml";

export const FORMS = ["json", "yaml", "cli", "curl", "python"] as const;
export type Form = (typeof FORMS)[number];

const DOTS = "••••••••";

type Plain = Parameters<typeof toYaml>[0];

/** `spec` with what `show` makes of each secret value. */
function withSecrets(spec: JobSpec, show: (name: string) => string): Plain {
  const env = Object.entries(spec.env ?? {}).map(([name, value]): [string, EnvValue] =>
    isSecretValue(value) ? [name, { secret_value: show(name) }] : [name, value],
  );
  const plain = structuredClone(spec) as unknown as Plain;
  if (env.length > 0) plain.env = Object.fromEntries(env) as Plain;
  return plain;
}

const isSecretValue = (value: EnvValue): value is { secret_value: string } =>
  typeof value === "object" && "secret_value" in value;

export type Target = { /** Address of the server. */ server: string; idempotencyKey: string };

/** The text of one form. */
export function previewOf(form: Form, spec: JobSpec, target: Target): string {
  switch (form) {
    case "json":
      return `${JSON.stringify(
        withSecrets(spec, () => DOTS),
        null,
        2,
      )}\n`;
    case "yaml":
      return toYaml(withSecrets(spec, () => DOTS));
    case "cli":
      return cli(spec, target);
    case "curl":
      return curl(spec, target);
    case "python":
      return python(spec, target);
  }
}

function cli(spec: JobSpec, { server, idempotencyKey }: Target): string {
  const { command, resources, preferences = {}, retry } = spec;
  const options: (string | undefined)[] = [
    option("--name", spec.name),
    command.type === "shell" ? undefined : option("--type", command.type),
    option("--image", spec.image),
    ...Object.entries(spec.env ?? {}).map(([name, value]) => envOption(name, value)),
    option("--cpu", resources.cpu),
    option("--memory-mb", resources.memory_mb),
    option("--storage-mb", resources.storage_mb),
    option("--gpus", resources.gpus),
    option("--arch", resources.architecture),
    option("--timeout", `${spec.timeout_ms}ms`),
    option("--queue-timeout", spec.queue_timeout_ms && `${spec.queue_timeout_ms}ms`),
    option("--grace", spec.grace_ms === undefined ? undefined : `${spec.grace_ms}ms`),
    option("--provider", preferences.provider),
    option("--region", preferences.region),
    ...pairs("--provider-label", preferences.labels),
    option("--priority", spec.priority?.toLowerCase()),
    option("--retry", retryTimes(retry)),
    option("--network", spec.network),
    ...pairs("--label", spec.labels),
    option("--workdir", spec.working_dir),
    spec.stdin === undefined ? undefined : "--stdin -",
    option("--project", spec.project),
    option("--idempotency-key", idempotencyKey || undefined),
  ];
  const words = command.type === "exec" ? command.argv : [command.script];
  const given = options.filter((one) => one !== undefined);
  const lines = ["hodei run", ...given, `-- ${words.map(quoteWord).join(" ")}`];
  const input = spec.stdin === undefined ? "" : `printf %s ${quoteWord(spec.stdin)} | `;
  return `${exports(server)}${input}${lines.join(" \\\n  ")}\n`;
}

const exports = (server: string) => `export HODEI_URL=${quoteWord(server)}\n`;

const option = (flag: string, value: string | number | undefined) =>
  value === undefined ? undefined : `${flag} ${quoteWord(String(value))}`;

const pairs = (flag: string, map: Record<string, string> = {}) =>
  Object.entries(map).map(([name, value]) => `${flag} ${quoteWord(`${name}=${value}`)}`);

function envOption(name: string, value: EnvValue): string {
  if (typeof value === "string") return `--env ${quoteWord(`${name}=${value}`)}`;
  if ("secret" in value) return `--secret-env ${quoteWord(`${name}=${value.secret}`)}`;
  return `--secret-value ${quoteWord(name)}`;
}

function retryTimes(retry: JobSpec["retry"]): number | undefined {
  if (retry === undefined || retry === false) return undefined;
  return retry === true ? 2 : retry.max_attempts - 1;
}

/** What the command line has no option for, so that the preview can say so. */
export const beyondCli = (spec: JobSpec): boolean => typeof spec.retry === "object";

function curl(spec: JobSpec, { server, idempotencyKey }: Target): string {
  const mark = (name: string) => `\u0000${name}\u0000`;
  const body = JSON.stringify(withSecrets(spec, mark), null, 2).replaceAll("'", "'\\''");
  // The shell puts the value in; the marks become the end and the start of the quoted text.
  const filled = body.replaceAll(/\\u0000(\w+)\\u0000/g, "'\"$$$1\"'");
  return [
    `curl ${quoteWord(`${server}/api/v1/jobs`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    ...(idempotencyKey === ""
      ? []
      : [`  -H ${quoteWord(`Idempotency-Key: ${idempotencyKey}`)} \\`]),
    `  --data-binary '${filled}'\n`,
  ].join("\n");
}

function python(spec: JobSpec, { server, idempotencyKey }: Target): string {
  const { name, command, ...rest } = withSecrets(spec, (variable) => `\u0000${variable}`);
  const fields = Object.entries({ name, command, ...rest });
  const lines = fields.map(([key, value]) => `        ${key}=${literal(value, "        ")},`);
  if (idempotencyKey !== "") lines.push(`        idempotency_key=${text(idempotencyKey)},`);
  const secret = lines.some((line) => line.includes("os.environ["));
  return [
    ...(secret ? ["import os", ""] : []),
    "from hodei.client import Client",
    "",
    `with Client(${literal(server, "")}) as hodei:`,
    "    job = hodei.submit(",
    ...lines,
    "    )",
    "    for line in hodei.logs(job.id):",
    "        print(line.text)",
    "",
  ].join("\n");
}

function literal(value: unknown, indent: string): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (typeof value === "string") {
    return value.startsWith("\u0000") ? `os.environ[${text(value.slice(1))}]` : text(value);
  }
  if (typeof value !== "object") return String(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) {
    return `[${value.map((item) => literal(item, inner)).join(", ")}]`;
  }
  const items = Object.entries(value as object).map(
    ([key, item]) => `${inner}${text(key)}: ${literal(item, inner)},`,
  );
  return items.length === 0 ? "{}" : `{\n${items.join("\n")}\n${indent}}`;
}

/** A Python string; JSON's escapes are Python's, surrogate pairs excepted, which JSON keeps. */
const text = (value: string): string => JSON.stringify(value);
