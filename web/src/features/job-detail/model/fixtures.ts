/** Jobs and attempts as the server shows them, for tests. */
import type { Attempt, Job } from "./timeline";

const START = Date.parse("2026-11-26T10:00:00Z");

/** The moment `seconds` after the job was submitted, as the server writes it. */
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
export const ms = (seconds: number): number => START + seconds * 1000;

export function attemptOf(
  phases: readonly [Attempt["phase"], number, string?][],
  changes: Partial<Attempt> = {},
): Attempt {
  const marks = phases.map(([phase, seconds, detail = ""]) => ({ phase, at: at(seconds), detail }));
  return {
    id: "a0000000-0000-4000-8000-000000000001",
    number: 1,
    worker_id: "b0000000-0000-4000-8000-000000000001",
    provider: { id: "c0000000-0000-4000-8000-000000000001", name: "local" },
    phase: marks.at(-1)?.phase ?? "QUEUED",
    phases: marks,
    placement_reason: "",
    warm: false,
    image_digest: "",
    started_at: null,
    run_deadline: null,
    ended_at: null,
    cancel_requested_at: null,
    outcome: null,
    cpu_ms: 0,
    memory_peak_bytes: 0,
    ...changes,
  };
}

export function jobOf(changes: Partial<Job> = {}): Job {
  return {
    id: "d0000000-0000-4000-8000-000000000001",
    version: 1,
    spec: { image: "alpine:latest" },
    name: "a job",
    project: "default",
    owner: "ann",
    state: "RUNNING",
    phase: null,
    provider: null,
    submitted_at: at(0),
    queued_at: at(0),
    not_before: at(0),
    queue_deadline: null,
    started_at: null,
    finished_at: null,
    cancel_requested_at: null,
    cancel_reason: "",
    outcome: null,
    cause: null,
    exit_code: null,
    warn_count: 0,
    error_count: 0,
    attempt_count: 1,
    attempts: [],
    rerun_of: null,
    origin: null,
    trace_id: null,
    trace_url: null,
    ...changes,
  };
}

export const outcomeOf = (
  cause: NonNullable<Attempt["outcome"]>["cause"],
  exit_code: number | null = null,
): NonNullable<Attempt["outcome"]> => ({
  cause,
  exit_code,
  signal: null,
  message: "as it was",
  suggestion: "",
});
