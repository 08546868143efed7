/** Whether a job can be entered now, and why not. */
import { isCancelling, type Job, TERMINAL } from "@/api/queries/jobs";

export type Admission = "unknown" | "forbidden" | "over" | "cancelling" | "waiting" | "open";

type Entered = Pick<Job, "state" | "phase" | "cancel_requested_at">;

/** `permitted` is undefined until the server has said who asks. */
export function admissionOf(job: Entered | undefined, permitted: boolean | undefined): Admission {
  if (permitted === false) return "forbidden";
  if (job === undefined || permitted === undefined) return "unknown";
  if (TERMINAL.has(job.state)) return "over";
  if (isCancelling(job)) return "cancelling";
  return job.phase === "RUNNING" ? "open" : "waiting";
}
