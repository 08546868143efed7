/** The trend of a template's runs, as charts draw it. */
import type { JobState } from "@/api/queries/jobs";
import type { Bucket } from "@/api/queries/templates";
import type { Series } from "@/components/charts";
import type { RANGES } from "../search";

export type Range = (typeof RANGES)[number];

const HOUR_MS = 3_600_000;
const SPANS: Record<Range, number> = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
const STEP_MS = 60_000;

export const spanMs = (range: Range): number => SPANS[range] * HOUR_MS;

/** The first moment of a range, to the minute, so that it stays the same while the page is read. */
export const fromOf = (range: Range, now: number): string =>
  new Date(Math.floor((now - spanMs(range)) / STEP_MS) * STEP_MS).toISOString();

const ENDS = [
  ["SUCCEEDED", "--c-succeeded"],
  ["FAILED", "--c-failed"],
  ["TIMEOUT", "--c-timeout"],
  ["CANCELLED", "--c-cancelled"],
] as const satisfies readonly (readonly [JobState, string])[];

export const timesOf = (trend: readonly Bucket[]): number[] =>
  trend.map(({ start }) => Date.parse(start) / 1000);

/** Finished runs by how they ended. */
export const endSeries = (trend: readonly Bucket[], label: (state: JobState) => string): Series[] =>
  ENDS.map(([state, colour]) => ({
    key: state,
    label: label(state),
    colour,
    values: trend.map(({ by_state }) => by_state[state] ?? 0),
  }));

/** How long the runs took. */
export const durationSeries = (trend: readonly Bucket[], average: string): Series[] => [
  { key: "avg", label: average, colour: "--c-running", values: trend.map((b) => b.avg_ms) },
  { key: "p50", label: "p50", colour: "--c-assigned", values: trend.map((b) => b.p50_ms) },
  { key: "p95", label: "p95", colour: "--c-timeout", values: trend.map((b) => b.p95_ms) },
];
