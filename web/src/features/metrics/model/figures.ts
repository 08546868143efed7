/** What the metrics page shows, out of what the server counted. */
import type { Schemas } from "@/api/client";
import type { JobState } from "@/api/queries/jobs";
import type { Series } from "@/components/charts";

export type Metrics = Schemas["JobMetricsView"];
export type Bucket = Schemas["MetricsBucketView"];
export type Use = Schemas["UseView"];

export const ENDS = ["SUCCEEDED", "FAILED", "TIMEOUT", "CANCELLED"] as const satisfies JobState[];

const COLOURS = {
  SUCCEEDED: "--c-succeeded",
  FAILED: "--c-failed",
  TIMEOUT: "--c-timeout",
  CANCELLED: "--c-cancelled",
} as const;

/** Lines of providers, told apart by colour and by the legend's order. */
const LINES = [
  "--c-running",
  "--c-timeout",
  "--c-succeeded",
  "--c-assigned",
  "--c-cancelled",
] as const;

export const finishedOf = (bucket: Bucket): number =>
  ENDS.reduce((sum, state) => sum + (bucket.finished[state] ?? 0), 0);

/** The share of finished jobs that succeeded; none when nothing finished. */
export function successOf(bucket: Bucket): number | null {
  const finished = finishedOf(bucket);
  return finished === 0 ? null : (bucket.finished.SUCCEEDED ?? 0) / finished;
}

/** By how much `now` differs from `before`, as a share of `before`; none without a base. */
export function changeOf(now: number | null, before: number | null): number | null {
  if (now === null || before === null || before === 0) return null;
  return now / before - 1;
}

export const seconds = (at: string): number => Date.parse(at) / 1000;

export const timesOf = (buckets: readonly { start: string }[]): number[] =>
  buckets.map((bucket) => seconds(bucket.start));

/** Finished jobs by how they ended, for stacked bars. */
export const endSeries = (
  series: readonly Bucket[],
  label: (state: (typeof ENDS)[number]) => string,
): Series[] =>
  ENDS.map((state) => ({
    key: state,
    label: label(state),
    colour: COLOURS[state],
    values: series.map((bucket) => bucket.finished[state] ?? 0),
  }));

type Measure = Exclude<keyof Bucket, "start" | "submitted" | "finished">;

const MEASURE_COLOURS = ["--c-running", "--c-assigned", "--c-timeout"] as const;

/** Lines of one chart of times, such as p50 and p95. */
export const timeSeries = (
  series: readonly Bucket[],
  measures: readonly (readonly [measure: Measure, label: string])[],
): Series[] =>
  measures.map(([measure, label], index) => ({
    key: measure,
    label,
    colour: MEASURE_COLOURS[index % MEASURE_COLOURS.length] ?? "--c-running",
    values: series.map((bucket) => bucket[measure]),
  }));

type UseMeasure = "running" | "cpus" | "memory_bytes";

/** One line for each provider. */
export const useSeries = (
  uses: readonly Use[],
  measure: UseMeasure,
  name: (use: Use) => string,
): Series[] =>
  uses.map((use, index) => ({
    key: use.provider?.id ?? "",
    label: name(use),
    colour: LINES[index % LINES.length] ?? "--c-running",
    values: use.series.map((bucket) => bucket[measure]),
  }));
