/** The time column: clock, time since the start, time since the line before. */
import type { TimeMode } from "./settings";

const two = (value: number) => String(value).padStart(2, "0");
const three = (value: number) => String(value).padStart(3, "0");

export function clockOf(at: number, zone: "local" | "utc"): string {
  const date = new Date(at);
  const [hours, minutes, seconds] =
    zone === "utc"
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${three(date.getMilliseconds())}`;
}

/** "+0.012", "+1:02.500", "+1:00:00.000"; clocks that step back give a minus sign. */
export function distance(ms: number): string {
  const sign = ms < 0 ? "−" : "+";
  const value = Math.abs(ms);
  const rest = `${Math.floor(value / 1000) % 60}.${three(value % 1000)}`;
  const minutes = Math.floor(value / 60_000) % 60;
  const hours = Math.floor(value / 3_600_000);
  const padded = rest.padStart(6, "0");
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${padded}`;
  return minutes > 0 ? `${sign}${minutes}:${padded}` : `${sign}${rest}`;
}

type Times = {
  readonly mode: TimeMode;
  readonly zone: "local" | "utc";
  /** When the attempt started; undefined while it is not known. */
  readonly start: number | undefined;
};

/** What stands in the time column of a line; `before` is the time of the line above it. */
export function timeOf(at: number, before: number | undefined, times: Times): string {
  switch (times.mode) {
    case "off":
      return "";
    case "clock":
      return clockOf(at, times.zone);
    case "rel":
      return distance(at - (times.start ?? at));
    case "delta":
      return before === undefined ? "" : distance(at - before);
  }
}
