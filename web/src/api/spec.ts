/** The spec of a job as the server keeps it; the document only says that it is an object. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type CommandType = Schemas["CommandType"];
export type Priority = Schemas["Priority"];
export type Architecture = Schemas["Architecture"];
export type Network = "default" | "none";
export type RetryCause = "failed" | "timeout" | "lost" | "oom" | "provision";

/** Text, the name of a stored secret, or a secret value, which is never given back. */
export type EnvValue = string | { secret: string } | { secret_value: string | null };

export type Command =
  | { type: Exclude<CommandType, "exec">; script: string }
  | { type: "exec"; argv: string[] };

export type RetryPolicy = {
  max_attempts: number;
  backoff: { initial_ms: number; factor: number; max_ms: number; jitter: number };
  on: RetryCause[];
};

/** Every field has its value. */
export type StoredSpec = {
  name: string;
  command: Command;
  image: string | null;
  env: Record<string, EnvValue>;
  resources: {
    cpu: number;
    memory_mb: number;
    storage_mb: number;
    gpus: number;
    architecture: Architecture | null;
  };
  timeout_ms: number;
  queue_timeout_ms: number | null;
  grace_ms: number;
  preferences: { provider: string | null; region: string | null; labels: Record<string, string> };
  priority: Priority;
  retry: RetryPolicy;
  network: Network;
  labels: Record<string, string>;
  working_dir: string | null;
  stdin: string;
  project: string;
};

/** The spec of a job, typed: the server wrote it and checks it on the way in. */
export const storedSpec = (job: Pick<Schemas["JobView"], "spec">): StoredSpec =>
  job.spec as StoredSpec;
