/**
 * What other features may show of logs. Their words are in the namespace "logs": a page that
 * uses one of these loads it as well.
 *
 * - `LogViewer` ({jobId, className?}): the whole viewer with settings of its own, following the
 *   newest attempt; it fills the height that `className` gives it (for example `h-[70dvh]`).
 *   It is heavy and comes when it is first drawn: put a Suspense around it.
 * - `LatestLogs` ({jobId, attempt, count?, className?}): the last lines of one attempt, live.
 *   `attempt` is the number of the newest attempt, null while the job has none.
 */
import { lazy } from "react";

export { LatestLogs } from "./components/LatestLogs";
export const LogViewer = lazy(() =>
  import("./components/EmbeddedLogs").then((module) => ({ default: module.EmbeddedLogs })),
);
