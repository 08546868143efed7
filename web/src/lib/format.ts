/** Numbers, sizes, durations and times as a person reads them, in the language of the page. */

/** Makes each formatter once: one costs as much as a thousand of its answers. */
function keep<Options, Format>(make: (language: string, options: Options) => Format) {
  const made = new Map<string, Format>();
  return (language: string, options: Options): Format => {
    const key = language + JSON.stringify(options);
    const format = made.get(key) ?? make(language, options);
    made.set(key, format);
    return format;
  };
}

const numberFormat = keep(
  (language, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(language, options),
);
const relativeFormat = keep(
  (language, options: Intl.RelativeTimeFormatOptions) =>
    new Intl.RelativeTimeFormat(language, options),
);
const dateFormat = keep(
  (language, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options),
);

/** 12345 -> "12,345" (en), "12.345" (es). */
export function formatNumber(value: number, language: string, digits = 0): string {
  // Spanish leaves four digits ungrouped by default; columns of numbers want them all alike.
  const options = { maximumFractionDigits: digits, useGrouping: "always" } as const;
  return numberFormat(language, options).format(value);
}

/** 0.137 -> "14%" (en), "14 %" (es). */
export const formatPercent = (fraction: number, language: string, digits = 0): string =>
  numberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(fraction);

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes in binary units with three significant digits: 1536 -> "1.5 KiB". */
export function formatBytes(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${formatNumber(value, language, digits)} ${SIZES[unit]}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = (ms: number, unit: number) => Math.floor(ms / unit);

/** Milliseconds, short: "840ms", "4.2s", "3m 05s", "2h 10m", "3d 4h". Units are symbols. */
export function formatDuration(ms: number, language: string): string {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)}ms`;
  if (value < 10 * SECOND) return `${formatNumber(whole(value, 100) / 10, language, 1)}s`;
  if (value < MINUTE) return `${whole(value, SECOND)}s`;
  if (value < HOUR) return pair(value, MINUTE, "m", SECOND, "s");
  if (value < DAY) return pair(value, HOUR, "h", MINUTE, "m");
  const hours = whole(value % DAY, HOUR);
  return `${whole(value, DAY)}d${hours > 0 ? ` ${hours}h` : ""}`;
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  return `${whole(ms, big)}${bigName} ${String(whole(ms % big, small)).padStart(2, "0")}${smallName}`;
}

const RELATIVE: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", SECOND],
];

/** How long before or after `now` (both ms): "5 minutes ago", "in 2 hours". */
export function formatRelative(at: number, now: number, language: string): string {
  const distance = at - now;
  const format = relativeFormat(language, { numeric: "auto", style: "long" });
  for (const [unit, size] of RELATIVE) {
    if (Math.abs(distance) >= size) return format.format(Math.trunc(distance / size), unit);
  }
  return format.format(0, "second");
}

/** The same in as few letters as the language has: "5m ago", "hace 5 min". */
export function formatRelativeShort(at: number, now: number, language: string): string {
  const distance = at - now;
  const format = relativeFormat(language, { numeric: "always", style: "narrow" });
  for (const [unit, size] of RELATIVE) {
    if (Math.abs(distance) >= size) return format.format(Math.trunc(distance / size), unit);
  }
  return relativeFormat(language, { numeric: "auto" }).format(0, "second");
}

export type Zone = "local" | "utc";
const zoned = (zone: Zone) => (zone === "utc" ? { timeZone: "UTC" } : {});

/** Date and time to the second, with the zone's name. */
export const formatMoment = (at: number, language: string, zone: Zone = "local"): string =>
  dateFormat(language, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...zoned(zone),
  }).format(at);

/** The time of day to the second. */
export const formatClock = (at: number, language: string, zone: Zone = "local"): string =>
  dateFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...zoned(zone),
  }).format(at);

/** The day, with the year only when it is not this one. */
export const formatDay = (at: number, now: number, language: string, zone: Zone = "local") =>
  dateFormat(language, {
    weekday: "short",
    month: "short",
    day: "numeric",
    ...(new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" }),
    ...zoned(zone),
  }).format(at);

/** An identifier as lists show it: its first eight characters. */
export const shortId = (id: string): string => id.slice(0, 8);
