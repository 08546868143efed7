/** How long a token lives: a number of days, until the end of a day, or for good. */

export const SPANS = ["7", "30", "90", "365", "day", "never"] as const;
export type Span = (typeof SPANS)[number];

const DAY_MS = 86_400_000;

/** The moment at which it ends, in RFC 3339; undefined: never, or no day is given. */
export function expiryOf(span: Span, day: string, now: number): string | undefined {
  if (span === "never") return undefined;
  if (span !== "day") return new Date(now + Number(span) * DAY_MS).toISOString();
  const end = new Date(`${day}T23:59:59`);
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString();
}

/** Whether what was chosen lies in the future. */
export const isFuture = (span: Span, day: string, now: number): boolean =>
  span === "never" || Date.parse(expiryOf(span, day, now) ?? "") > now;
