/** Local times of a zone: what an instant is there, and which instant a local time is. */

const MINUTE = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Throws RangeError for a zone that this browser does not know. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether this browser knows `zone`. */
export function knowsZone(zone: string): boolean {
  if (zone === "") return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of `zone` show at `instant`, as if it were UTC (ms). */
function wallOf(instant: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** How far the clocks of `zone` are ahead of UTC at `instant`, in ms. */
export const offsetAt = (instant: number, zone: string): number =>
  wallOf(instant, zone) - Math.floor(instant / 1000) * 1000;

/** "UTC+05:30"; "UTC" where there is no difference. */
export function offsetText(ms: number): string {
  if (ms === 0) return "UTC";
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  const two = (value: number) => String(value).padStart(2, "0");
  return `UTC${ms < 0 ? "−" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The local time of `zone` as a field takes it: "2027-03-28T09:00", with seconds if there are any. */
export const localOf = (instant: number, zone: string): string =>
  new Date(wallOf(instant, zone)).toISOString().slice(0, 19).replace(/:00$/, "");

/**
 * The instant at which the clocks of `zone` show `local` ("2027-03-28T09:00").
 *
 * A time that exists twice is its first one; one that does not exist is the first instant after
 * the gap. NaN when `local` is no time.
 */
export function instantOf(local: string, zone: string): number {
  const wall = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`);
  if (Number.isNaN(wall)) return Number.NaN;
  const DAY = 24 * 60 * MINUTE;
  // The offsets on either side of any change that is near.
  const before = offsetAt(wall - DAY, zone);
  const after = offsetAt(wall + DAY, zone);
  for (const offset of [before, after]) {
    if (wallOf(wall - offset, zone) === wall) return wall - offset;
  }
  return firstShowing(wall, wall - Math.max(before, after), wall - Math.min(before, after), zone);
}

/** The first instant (to the second) from `low` to `high` at which the clocks show `wall` or more. */
function firstShowing(wall: number, low: number, high: number, zone: string): number {
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (wallOf(middle, zone) >= wall) high = middle;
    else low = middle;
  }
  return high;
}

/** The zone of this browser. */
export const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** All zones by name, UTC first. */
export const zoneNames = (): string[] => [
  ...new Set(["UTC", ownZone(), ...Intl.supportedValuesOf("timeZone")]),
];
