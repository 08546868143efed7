/** What the job form holds: text as typed, so that nothing a person wrote is lost by checking it. */
import type { Architecture, CommandType, Network, Priority, RetryCause } from "@/api/spec";
import { looksSecret } from "./secrets";

export const COMMAND_TYPES = ["shell", "exec", "python", "node"] as const satisfies CommandType[];
export const PRIORITIES = ["LOW", "NORMAL", "HIGH"] as const satisfies Priority[];
export const ARCHITECTURES = ["x86_64", "arm64"] as const satisfies Architecture[];
export const NETWORKS = ["default", "none"] as const satisfies Network[];
export const RETRY_CAUSES = [
  "failed",
  "timeout",
  "lost",
  "oom",
  "provision",
] as const satisfies RetryCause[];
export const ENV_KINDS = ["text", "secret", "stored"] as const;

/** text: in the open; secret: a value that is never shown again; stored: the name of a secret. */
export type EnvKind = (typeof ENV_KINDS)[number];

export type Row = { id: string; name: string; value: string };
export type EnvRow = Row & {
  kind: EnvKind;
  /** Whether a person chose the kind, so that the name no longer does. */
  chosen: boolean;
};

export type FormValues = {
  name: string;
  type: CommandType;
  script: string;
  /** Command line of type exec. */
  argv: string;
  workingDir: string;
  stdin: string;
  image: string;
  env: EnvRow[];
  network: Network;
  cpu: string;
  memoryMb: string;
  storageMb: string;
  timeoutMs: string;
  graceMs: string;
  gpu: boolean;
  gpus: string;
  /** Empty: any. */
  architecture: Architecture | "";
  /** Empty: any. */
  provider: string;
  /** Empty: auto. */
  region: string;
  priority: Priority;
  retry: boolean;
  maxAttempts: string;
  initialMs: string;
  factor: string;
  maxMs: string;
  jitter: string;
  causes: RetryCause[];
  providerLabels: Row[];
  labels: Row[];
  /** Empty: no limit. */
  queueTimeoutMs: string;
  project: string;
  idempotencyKey: string;
};

export type FieldName = keyof FormValues;

export const DEFAULTS: FormValues = {
  name: "",
  type: "shell",
  script: "",
  argv: "",
  workingDir: "",
  stdin: "",
  image: "",
  env: [],
  network: "default",
  cpu: "1",
  memoryMb: "512",
  storageMb: "0",
  timeoutMs: "300000",
  graceMs: "10000",
  gpu: false,
  gpus: "1",
  architecture: "",
  provider: "",
  region: "",
  priority: "NORMAL",
  retry: false,
  maxAttempts: "3",
  initialMs: "1000",
  factor: "2",
  maxMs: "300000",
  jitter: "0.1",
  causes: [...RETRY_CAUSES],
  providerLabels: [],
  labels: [],
  queueTimeoutMs: "",
  project: "default",
  idempotencyKey: "",
};

let rows = 0;

/** An id for a new row, unique in this page. */
export function rowId(): string {
  rows += 1;
  return `r${rows}`;
}

/** An empty row. */
export const newRow = (name = "", value = ""): Row => ({ id: rowId(), name, value });

/** A variable; its name says whether it is secret, unless `kind` is given. */
export function newEnvRow(name = "", value = "", kind?: EnvKind): EnvRow {
  const guessed = looksSecret(name) ? "secret" : "text";
  return { ...newRow(name, value), kind: kind ?? guessed, chosen: kind !== undefined };
}

/** `row` under another name, which decides the kind until a person has. */
export function renamed(row: EnvRow, name: string): EnvRow {
  if (row.chosen) return { ...row, name };
  return { ...row, name, kind: looksSecret(name) ? "secret" : "text" };
}

/** `row` as another kind, by a person's choice; a stored secret's name is no value. */
export function ofKind(row: EnvRow, kind: EnvKind): EnvRow {
  const keeps = (row.kind === "stored") === (kind === "stored");
  return { ...row, kind, chosen: true, value: keeps ? row.value : "" };
}

/** A number as a person writes it, with a point or a comma; NaN when it is none. */
export function numberOf(text: string): number {
  const plain = text.trim().replace(",", ".");
  return /^-?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
}
