/** Links to lines: `#L1200` and `#L1200-L1215`. */

export type LineRange = { readonly first: number; readonly last: number };

const FORM = /^#?L(\d{1,15})(?:-L?(\d{1,15}))?$/;

export function parseHash(hash: string): LineRange | undefined {
  const found = FORM.exec(hash);
  if (found === null) return undefined;
  const one = Number(found[1]);
  const other = Number(found[2] ?? found[1]);
  if (one < 1 || other < 1) return undefined;
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

export const formatHash = ({ first, last }: LineRange): string =>
  first === last ? `L${first}` : `L${first}-L${last}`;

/** What a click in the gutter selects; with Shift from the line that was selected first. */
export function picked(line: number, extend: boolean, anchor: number | undefined): LineRange {
  if (!extend || anchor === undefined) return { first: line, last: line };
  return { first: Math.min(anchor, line), last: Math.max(anchor, line) };
}

/** Where a viewer opens, before anybody scrolled. */
export type Opening =
  | { readonly at: "line"; readonly line: number }
  | { readonly at: "end"; readonly follow: boolean }
  | { readonly at: "top" };

type Known = {
  readonly hash: LineRange | undefined;
  readonly failed: boolean;
  readonly ended: boolean;
  readonly firstError: number | null;
};

/** Hash, else the first error of a failed job (or its end), else the tail of a running one. */
export function openingOf({ hash, failed, ended, firstError }: Known): Opening {
  if (hash !== undefined) return { at: "line", line: hash.first };
  if (!ended) return { at: "end", follow: true };
  if (!failed) return { at: "top" };
  if (firstError !== null) return { at: "line", line: firstError };
  return { at: "end", follow: false };
}
