/** Matches over the whole log: pages of line numbers by place, and what to mark within a line. */

export const PAGE = 1000;

export type Query = {
  readonly text: string;
  readonly regex: boolean;
  readonly caseSensitive: boolean;
};

/** The matches of one query, as far as pages of them were fetched. */
export class Matches {
  total = 0;
  readonly #pages = new Map<number, readonly number[]>();

  /** Takes a page; its first number has the place `offset`, a multiple of PAGE. */
  put(offset: number, numbers: readonly number[], total: number): void {
    this.total = total;
    this.#pages.set(offset / PAGE, numbers);
  }

  /** More matches exist: the last page is not whole any more. */
  grow(total: number): void {
    if (total === this.total) return;
    this.#pages.delete(Math.floor(this.total / PAGE));
    this.total = total;
  }

  /** The line of the match at a place; undefined when its page was not fetched. */
  at(place: number): number | undefined {
    return this.#pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** The place of a line; undefined when it does not match or its page was not fetched. */
  placeOf(line: number): number | undefined {
    for (const [page, numbers] of this.#pages) {
      const first = numbers[0];
      const last = numbers.at(-1);
      if (first === undefined || last === undefined || line < first || line > last) continue;
      const at = numbers.indexOf(line);
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }
}

/** The place after or before one, round the ends; undefined when nothing matches. */
export function stepped(
  place: number | undefined,
  direction: 1 | -1,
  total: number,
): number | undefined {
  if (total === 0) return undefined;
  if (place === undefined) return direction === 1 ? 0 : total - 1;
  return (place + direction + total) % total;
}

export type Mark = { readonly from: number; readonly to: number };
export type Marker = (text: string) => readonly Mark[];

const NOTHING: readonly Mark[] = [];
const MAX_MARKS = 200;
const UNBOUNDED = /[*+]|\{\d*,\}/g;
/** Expressions with more open repeats than this are not run in the browser. */
const MOST_REPEATS = 2;

/** What to mark within a line. The server decides which lines match; this only shows where. */
export function markerOf(query: Query): Marker {
  if (query.text === "") return () => NOTHING;
  const source = query.regex ? query.text : query.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (query.regex && (source.match(UNBOUNDED) ?? []).length > MOST_REPEATS) return () => NOTHING;
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, query.caseSensitive ? "gu" : "giu");
  } catch {
    return () => NOTHING; // the server's grammar is a little wider than this one
  }
  return (text) => {
    const marks: Mark[] = [];
    for (const found of text.matchAll(pattern)) {
      if (found[0] === "") continue;
      marks.push({ from: found.index, to: found.index + found[0].length });
      if (marks.length === MAX_MARKS) break;
    }
    return marks;
  };
}
