/** The range of time that an address means, as the server is asked for it. */
import type { MetricsSearch, RANGES } from "../search";

export type Preset = (typeof RANGES)[number];

/** Either one of the usual ranges up to now, or from one moment to another. */
export type Span = { range: Preset } | { from: string; to?: string };

const USUAL: Preset = "24h";
const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Bars that can still be told apart on a phone. */
export const BUCKETS: Readonly<Record<Preset, number>> = {
  "1h": 60,
  "24h": 48,
  "7d": 56,
  "30d": 60,
};
const CUSTOM_BUCKETS = 60;

/** Days are whole days where the person is; what is no day is left out. */
export function spanOf(search: MetricsSearch): Span {
  if (search.range !== undefined) return { range: search.range };
  const from = dayStart(search.from);
  if (from === null) return { range: USUAL };
  const last = dayStart(search.to);
  if (last === null || last < from) return { from: moment(from) };
  return { from: moment(from), to: moment(last + DAY_MS) };
}

export const bucketsOf = (span: Span): number =>
  "range" in span ? BUCKETS[span.range] : CUSTOM_BUCKETS;

function dayStart(day: string | undefined): number | null {
  if (day === undefined || !DAY.test(day)) return null;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const at = new Date(year, month - 1, date);
  return at.getMonth() === month - 1 ? at.getTime() : null;
}

const moment = (ms: number) => new Date(ms).toISOString();

/** How a moment is written on the axis of a range of so many milliseconds. */
export function timeFormat(lengthMs: number, language: string): (seconds: number) => string {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const day = { day: "numeric", month: "short" } as const;
  const options =
    lengthMs <= 1.5 * DAY_MS ? clock : lengthMs <= 8 * DAY_MS ? { ...day, ...clock } : day;
  const format = new Intl.DateTimeFormat(language, options);
  return (seconds) => format.format(seconds * 1000);
}
