/** Which rows of the list are on show: all of it, less what was cleared and what is folded. */
import type { Span } from "./line";

export class RowMap {
  /** Rows on show. */
  readonly count: number;
  readonly #hidden: readonly Span[];
  /** How many places are hidden before the end of each hidden span. */
  readonly #before: readonly number[];

  /** `hidden` may overlap and come in any order. */
  constructor(
    readonly total: number,
    hidden: readonly Span[] = [],
  ) {
    this.#hidden = merged(hidden, total);
    let sum = 0;
    this.#before = this.#hidden.map((span) => {
      sum += span.to - span.from;
      return sum;
    });
    this.count = total - sum;
  }

  /** The place in the list of a row on show. */
  placeOf(row: number): number {
    // The last hidden span that begins, in rows on show, at or before this row.
    let low = 0;
    let high = this.#hidden.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shownBefore(middle) <= row) low = middle + 1;
      else high = middle;
    }
    return row + (this.#before[low - 1] ?? 0);
  }

  /** The row on show for a place; of a hidden place the last row before it. */
  rowOf(place: number): number {
    let low = 0;
    let high = this.#hidden.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#hidden[middle]?.from ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    const last = this.#hidden[low - 1];
    if (last === undefined) return place;
    const skipped = this.#before[low - 1] ?? 0;
    if (place >= last.to) return place - skipped;
    return Math.max(0, last.from - (skipped - (last.to - last.from)) - 1);
  }

  isHidden(place: number): boolean {
    return this.#hidden.some((span) => span.from <= place && place < span.to);
  }

  #shownBefore(index: number): number {
    return (this.#hidden[index]?.from ?? 0) - (this.#before[index - 1] ?? 0);
  }
}

function merged(spans: readonly Span[], total: number): Span[] {
  const sorted = spans
    .map(({ from, to }) => ({ from: Math.max(0, from), to: Math.min(to, total) }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from);
  const joined: Span[] = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else {
      joined.push(span);
    }
  }
  return joined;
}
