/** What to say and to offer when a job did not succeed. */
import type { components } from "@/api/schema";
import type { StoredSpec } from "@/api/spec";

export type Outcome = components["schemas"]["OutcomeView"];
export type Cause = Outcome["cause"];

const MEMORY_GROWTH = 1.5;
const MEMORY_STEP_MB = 64;
const MOST_MEMORY_MB = 1_048_576;
const MOST_TIMEOUT_MS = 604_800_000;

/** Half as much again, rounded up to a multiple of 64 MB, as the server advises. */
export const moreMemory = (limitMb: number): number =>
  Math.min(MOST_MEMORY_MB, Math.ceil((limitMb * MEMORY_GROWTH) / MEMORY_STEP_MB) * MEMORY_STEP_MB);

export const moreTime = (limitMs: number): number => Math.min(MOST_TIMEOUT_MS, limitMs * 2);

/** Changes to the spec that would get rid of the cause; empty when it is not that simple. */
export type Remedy = { resources?: { memory_mb: number }; timeout_ms?: number };

export function remedyOf(outcome: Outcome, spec: StoredSpec, started: boolean): Remedy | null {
  if (outcome.cause === "oom") {
    const memory_mb = moreMemory(spec.resources.memory_mb);
    return memory_mb > spec.resources.memory_mb ? { resources: { memory_mb } } : null;
  }
  if (outcome.cause === "timeout" && started) {
    const timeout_ms = moreTime(spec.timeout_ms);
    return timeout_ms > spec.timeout_ms ? { timeout_ms } : null;
  }
  return null;
}

const NAMES = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT";

/** "SIGKILL" for 9; the number for those without a name. */
export function signalName(signal: number): string {
  const name = NAMES.split(" ")[signal - 1];
  return name === undefined ? String(signal) : `SIG${name}`;
}

/** Which words explain the cause; an exit code can have words of its own. */
export type Explained = "exit126" | "exit127" | "exitSignal" | "queue" | Cause;

export function explained(outcome: Outcome, started: boolean): Explained {
  const { cause, exit_code: code } = outcome;
  if (cause === "timeout" && !started) return "queue";
  if (cause !== "exit" || code === null) return cause;
  if (code === 126) return "exit126";
  if (code === 127) return "exit127";
  return code > 128 && code <= 128 + 31 ? "exitSignal" : "exit";
}
