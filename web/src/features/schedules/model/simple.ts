/** The usual rules without cron: what a person chooses, and the expression that says the same. */

export const EVERY = ["minutes", "hour", "day", "weekdays", "week", "month"] as const;
export type Every = (typeof EVERY)[number];

/** Steps that divide the hour. */
export const STEPS = [1, 2, 5, 10, 15, 20, 30] as const;

/** Cron's numbers of the days, in the order of a week that begins on Monday. */
export const WEEK = [1, 2, 3, 4, 5, 6, 0] as const;

export type Simple = {
  every: Every;
  /** Minutes between two runs. */
  step: number;
  /** Minute of the hour, for every hour. */
  minute: number;
  /** "HH:MM". */
  time: string;
  /** 0 is Sunday. */
  days: readonly number[];
  /** Day of the month, or the last one. */
  day: number | "L";
};

export const SIMPLE: Simple = {
  every: "day",
  step: 15,
  minute: 0,
  time: "09:00",
  days: [1],
  day: 1,
};

export const isTime = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

/** The five fields; null while something is missing. */
export function expressionOf({ every, step, minute, time, days, day }: Simple): string | null {
  if (every === "minutes") return step === 1 ? "* * * * *" : `*/${step} * * * *`;
  if (every === "hour") return `${minute} * * * *`;
  if (!isTime(time)) return null;
  const [hours, minutes] = time.split(":").map(Number);
  const at = `${minutes} ${hours}`;
  switch (every) {
    case "day":
      return `${at} * * *`;
    case "weekdays":
      return `${at} * * 1-5`;
    case "week":
      return days.length === 0 ? null : `${at} * * ${[...days].sort((a, b) => a - b).join(",")}`;
    case "month":
      return `${at} ${day} * *`;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
};

const two = (text: string) => text.padStart(2, "0");

/** The choice that `expression` says, if it is one of the usual ones. */
export function simpleOf(expression: string): Simple | null {
  const plain = expression.trim().toLowerCase();
  const fields = (WORDS[plain] ?? plain).split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute = "", hour = "", date = "", month, week = ""] = fields;
  if (month !== "*") return null;
  if (hour === "*") return date === "*" && week === "*" ? oftenOf(minute) : null;
  const time = `${two(hour)}:${two(minute)}`;
  if (!isTime(time)) return null;
  const timed = { ...SIMPLE, time };
  if (date === "*" && week === "*") return { ...timed, every: "day" };
  if (date === "*" && week === "1-5") return { ...timed, every: "weekdays" };
  if (date === "*" && /^[0-6](,[0-6])*$/.test(week)) {
    return { ...timed, every: "week", days: [...new Set(week.split(",").map(Number))] };
  }
  if (week !== "*") return null;
  if (date === "l") return { ...timed, every: "month", day: "L" };
  const day = Number(date);
  const known = Number.isInteger(day) && day >= 1 && day <= 31;
  return known ? { ...timed, every: "month", day } : null;
}

function oftenOf(minute: string): Simple | null {
  if (minute === "*") return { ...SIMPLE, every: "minutes", step: 1 };
  const step = Number(/^\*\/(\d+)$/.exec(minute)?.[1]);
  if (STEPS.some((one) => one === step)) return { ...SIMPLE, every: "minutes", step };
  if (/^[0-5]?\d$/.test(minute)) return { ...SIMPLE, every: "hour", minute: Number(minute) };
  return null;
}
