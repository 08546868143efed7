/** One line of a log, as the server sends it. */

export type Line = {
  /** Number within the attempt, from 1; it never changes. */
  readonly n: number;
  /** Unix time in milliseconds. */
  readonly t: number;
  readonly l: string;
  readonly s: string;
  readonly m: string;
  /** It goes on in the next piece of the same stream. */
  readonly c?: boolean;
  /** It goes on where the last piece of its stream stopped. */
  readonly d?: boolean;
  /** The output ended without a newline. */
  readonly u?: boolean;
  /** Written by Hodei, not by the job. */
  readonly h?: boolean;
  /** In a filtered view: context around a line that fits. */
  readonly x?: boolean;
};

/** Consecutive rows or lines, the last one excluded. */
export type Span = { readonly from: number; readonly to: number };
