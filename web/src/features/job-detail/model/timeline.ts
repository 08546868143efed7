/** The four steps of a job's timeline, from the phases that its attempts really went through. */
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Job = Schemas["JobView"];
export type Attempt = Schemas["AttemptView"];
type Phase = Schemas["Phase"];

export const STEPS = ["queued", "image", "running", "cleanup"] as const;
export type StepName = (typeof STEPS)[number];
export type StepState = "done" | "active" | "waiting" | "skipped" | "failed" | "stopped";

/** Why a step was passed over, or what an active one is doing. */
export type StepNote =
  | "pulling"
  | "preparing"
  | "starting"
  | "noImage"
  | "present"
  | "warm"
  | "neverStarted"
  | "cancelling"
  | "lost"
  | "retryWait"
  | "removing";

export type Step = {
  name: StepName;
  state: StepState;
  /** Milliseconds since 1970; null: has not begun, or never will. */
  start: number | null;
  end: number | null;
  note: StepNote | null;
  /** Percent of the pull, or what the phase waits for in the infrastructure's own words. */
  detail: string;
};

const PREPARING: readonly Phase[] = ["PROVISIONING", "PULLING", "REGISTERING", "STARTING"];
const TERMINAL: readonly Job["state"][] = ["SUCCEEDED", "FAILED", "CANCELLED", "TIMEOUT"];

export const isFinished = (job: Pick<Job, "state">): boolean => TERMINAL.includes(job.state);

/** Asked to cancel, and not there yet. */
export const isCancelling = (job: Pick<Job, "state" | "cancel_requested_at">): boolean =>
  job.cancel_requested_at !== null && !isFinished(job);

const time = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Date.parse(text);

/** When the attempt entered the first of `phases` that it entered at all. */
function entered(attempt: Attempt, ...phases: readonly Phase[]): number | null {
  return time(attempt.phases.find((mark) => phases.includes(mark.phase))?.at);
}

function step(name: StepName, state: StepState, more: Partial<Step> = {}): Step {
  return { name, state, start: null, end: null, note: null, detail: "", ...more };
}

/** The steps of attempt `number`; of the newest one, or of the wait for it, by default. */
export function timelineOf(job: Job, number?: number): Step[] {
  const attempt = job.attempts.find((one) => one.number === number) ?? job.attempts.at(-1);
  const waits = number === undefined && job.state === "PENDING";
  if (attempt === undefined || waits) return waiting(job);
  return [queued(job, attempt), image(job, attempt), running(attempt), cleanup(attempt)];
}

/** No attempt (yet): the job stands in the queue, or was ended there. */
function waiting(job: Job): Step[] {
  const over = isFinished(job);
  const retry = job.attempts.length > 0;
  const state = !over ? "active" : job.state === "CANCELLED" ? "done" : "failed";
  const first = step("queued", state, {
    start: time(retry ? job.queued_at : job.submitted_at),
    end: over ? time(job.finished_at) : null,
    note: retry && !over ? "retryWait" : null,
  });
  const rest = STEPS.slice(1).map((name) =>
    over ? step(name, "skipped", { note: "neverStarted" }) : step(name, "waiting"),
  );
  return [first, ...rest];
}

function queued(job: Job, attempt: Attempt): Step {
  const before = job.attempts.find((one) => one.number === attempt.number - 1);
  const start = time(before?.ended_at) ?? time(job.submitted_at);
  const left = attempt.phases.find((mark) => mark.phase !== "QUEUED");
  const end = time(left?.at);
  return step("queued", end === null ? "active" : "done", { start, end });
}

function image(job: Job, attempt: Attempt): Step {
  const start = entered(attempt, ...PREPARING);
  const end = entered(attempt, "RUNNING", "CANCELLING", "LOST", "CLEANUP", "DONE");
  const pull = attempt.phases.find((mark) => mark.phase === "PULLING");
  if (start === null) return step("image", end === null ? "waiting" : "skipped", skipped(end));
  if (end === null) {
    const pulling = attempt.phase === "PULLING";
    const note = pulling ? "pulling" : attempt.phase === "STARTING" ? "starting" : "preparing";
    return step("image", "active", { start, note, detail: attempt.phases.at(-1)?.detail ?? "" });
  }
  const ran = entered(attempt, "RUNNING") !== null;
  if (!ran && attempt.outcome !== null && failsBeforeRunning(attempt.outcome.cause)) {
    return step("image", "failed", { start, end, detail: attempt.outcome.message });
  }
  if (pull !== undefined) return step("image", "done", { start, end });
  const none = job.spec.image === null || job.spec.image === undefined;
  const note = none ? "noImage" : attempt.warm ? "warm" : "present";
  return step("image", "skipped", { start, end, note });
}

const skipped = (end: number | null): Partial<Step> =>
  end === null ? {} : { note: "neverStarted" };

const failsBeforeRunning = (cause: string) => cause !== "cancelled";

function running(attempt: Attempt): Step {
  const start = entered(attempt, "RUNNING");
  const end = entered(attempt, "CLEANUP", "DONE");
  const { outcome } = attempt;
  if (start === null) {
    return end === null ? step("running", "waiting") : step("running", "skipped", skipped(end));
  }
  if (end !== null) {
    return step("running", outcome === null ? "done" : endOf(outcome), { start, end });
  }
  if (attempt.phase === "CANCELLING") {
    return step("running", "active", { start, note: "cancelling" });
  }
  const last = attempt.phases.at(-1);
  if (attempt.phase === "LOST") {
    return step("running", "active", { start, note: "lost", detail: last?.detail ?? "" });
  }
  return step("running", "active", { start });
}

function endOf({ cause, exit_code }: Schemas["OutcomeView"]): StepState {
  if (cause === "cancelled") return "stopped";
  return cause === "exit" && exit_code === 0 ? "done" : "failed";
}

function cleanup(attempt: Attempt): Step {
  const start = entered(attempt, "CLEANUP");
  const end = entered(attempt, "DONE");
  if (start === null) return step("cleanup", end === null ? "waiting" : "done", { end });
  if (end === null) return step("cleanup", "active", { start, note: "removing" });
  return step("cleanup", "done", { start, end });
}

/** How long a step took, or has taken so far. */
export function lengthOf(one: Step, now: number): number | null {
  if (one.start === null) return null;
  return Math.max(0, (one.end ?? now) - one.start);
}
