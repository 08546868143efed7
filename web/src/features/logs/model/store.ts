/**
 * The lines the page holds: chunks of 500 rows, at most 80 of them, the nearest kept.
 *
 * A row is a place in one list of the server's (the whole log, or a filtered view of it). Places
 * never change their line, so a line that arrives twice changes nothing and a line that is
 * missing can always be asked for again.
 */
import type { Line, Span } from "./line";

export const CHUNK = 500;
export const MAX_CHUNKS = 80;

type Chunk = { lines: (Line | undefined)[]; count: number };

export class LineStore {
  /** Rows known to exist. */
  total = 0;
  /** Changes whenever a line or the total does. */
  version = 0;
  readonly #chunks = new Map<number, Chunk>();
  readonly #asked = new Set<string>();
  #centre = 0;

  /** How many lines are held. */
  get held(): number {
    let sum = 0;
    for (const chunk of this.#chunks.values()) sum += chunk.count;
    return sum;
  }

  get chunkCount(): number {
    return this.#chunks.size;
  }

  get(row: number): Line | undefined {
    return this.#chunks.get(Math.floor(row / CHUNK))?.lines[row % CHUNK];
  }

  /** More rows exist; never fewer. */
  grow(total: number): void {
    if (total <= this.total) return;
    this.total = total;
    this.version += 1;
  }

  /** Puts consecutive lines at `first` on; returns how many were new. */
  put(first: number, lines: readonly Line[]): number {
    let added = 0;
    lines.forEach((line, offset) => {
      const row = first + offset;
      const index = Math.floor(row / CHUNK);
      let chunk = this.#chunks.get(index);
      if (chunk === undefined) {
        chunk = { lines: [], count: 0 };
        this.#chunks.set(index, chunk);
      }
      if (chunk.lines[row % CHUNK] !== undefined) return;
      chunk.lines[row % CHUNK] = line;
      chunk.count += 1;
      added += 1;
    });
    this.grow(first + lines.length);
    if (added > 0) {
      this.version += 1;
      this.#evict();
    }
    return added;
  }

  /** What to ask the server for so that [from, to) can be shown: at most one span per chunk. */
  missing({ from, to }: Span): Span[] {
    const spans: Span[] = [];
    const end = Math.min(to, this.total);
    if (from >= end) return spans;
    for (let index = Math.floor(from / CHUNK); index * CHUNK < end; index += 1) {
      const span = this.#gap(index);
      if (span !== undefined && !this.#asked.has(key(span))) spans.push(span);
    }
    return spans;
  }

  /** Marks a span as asked for, so that `missing` does not name it again until `settle`. */
  ask(span: Span): void {
    this.#asked.add(key(span));
  }

  settle(span: Span): void {
    this.#asked.delete(key(span));
  }

  /** Keeps what is near `row` when something has to go. */
  focus(row: number): void {
    this.#centre = Math.floor(row / CHUNK);
  }

  #gap(index: number): Span | undefined {
    const base = index * CHUNK;
    const end = Math.min(base + CHUNK, this.total);
    const lines = this.#chunks.get(index)?.lines;
    if (lines === undefined) return { from: base, to: end };
    let from = base;
    while (from < end && lines[from - base] !== undefined) from += 1;
    if (from === end) return undefined;
    let to = end;
    while (to > from && lines[to - 1 - base] !== undefined) to -= 1;
    return { from, to };
  }

  #evict(): void {
    while (this.#chunks.size > MAX_CHUNKS) {
      let farthest = -1;
      let distance = -1;
      for (const index of this.#chunks.keys()) {
        const away = Math.abs(index - this.#centre);
        if (away > distance) [farthest, distance] = [index, away];
      }
      this.#chunks.delete(farthest);
    }
  }
}

const key = (span: Span) => `${span.from}-${span.to}`;
