/** How a log is looked at: what is searched and filtered, and how lines look. */
import type { Query } from "./search";

export const LEVELS = ["ERROR", "WARN", "INFO", "DEBUG"] as const;
export const STREAMS = ["stdout", "stderr"] as const;
export const TIMES = ["off", "clock", "rel", "delta"] as const;
export const MAX_CONTEXT = 5;

export type LevelName = (typeof LEVELS)[number];
export type StreamName = (typeof STREAMS)[number];
export type TimeMode = (typeof TIMES)[number];

export type Settings = {
  readonly query: Query;
  /** Whether only matching lines are shown. */
  readonly only: boolean;
  /** Lines shown around each that matches. */
  readonly context: number;
  /** Empty: all. */
  readonly levels: readonly LevelName[];
  /** Undefined: both. */
  readonly stream: StreamName | undefined;
  /** Undefined: the newest. */
  readonly attempt: number | undefined;
  readonly times: TimeMode;
  readonly wrap: boolean;
};

/** Choosing goes into the history; typing and how lines look replace what is there. */
export type Change = (change: Partial<Settings>, how: "push" | "replace") => void;

/** What the server filters by; undefined when every line is shown. */
export type Filter = {
  readonly query: Query | undefined;
  readonly context: number;
  readonly levels: readonly LevelName[];
  readonly stream: StreamName | undefined;
  /** Lines up to this one are left out. */
  readonly after: number;
};

export function filterOf(settings: Settings, after: number): Filter | undefined {
  const { query, only, levels, stream } = settings;
  const asked = only && query.text !== "";
  if (!asked && levels.length === 0 && stream === undefined) return undefined;
  const context = asked ? settings.context : 0;
  return { query: asked ? query : undefined, context, levels, stream, after };
}

/** The levels after a press on one of them: alone, or with Shift added and taken away. */
export function pressedLevel(
  levels: readonly LevelName[],
  level: LevelName,
  several: boolean,
): readonly LevelName[] {
  if (several) {
    return LEVELS.filter((one) => (one === level) !== levels.includes(one));
  }
  return levels.length === 1 && levels[0] === level ? [] : [level];
}
