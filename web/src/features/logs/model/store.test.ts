import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Line } from "./line";
import { CHUNK, LineStore, MAX_CHUNKS } from "./store";

const line = (n: number): Line => ({ n, t: n, l: "", s: "stdout", m: `line ${n}` });
const lines = (first: number, count: number) =>
  Array.from({ length: count }, (_, offset) => line(first + offset + 1));

describe("LineStore", () => {
  it("never loses or doubles a line, in whatever order and pieces they come", () => {
    const piece = fc.record({ first: fc.nat(3000), count: fc.integer({ min: 1, max: 1200 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const store = new LineStore();
        const given = new Set<number>();
        for (const { first, count } of pieces) {
          const before = store.held;
          const added = store.put(first, lines(first, count));
          for (let row = first; row < first + count; row += 1) given.add(row);
          expect(store.held - before).toBe(added);
        }
        expect(store.held).toBe(given.size);
        const rows = Array.from({ length: store.total }, (_, row) => row);
        expect(rows.map((row) => store.get(row)?.n)).toEqual(
          rows.map((row) => (given.has(row) ? row + 1 : undefined)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("asks for every row that misses, in no more than one span per chunk", () => {
    const piece = fc.record({ first: fc.nat(2000), count: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(2500), (pieces, from) => {
        const store = new LineStore();
        store.grow(2600);
        for (const { first, count } of pieces) store.put(first, lines(first, count));
        const range = { from, to: from + 700 };
        const spans = store.missing(range);
        for (const span of spans) {
          expect(Math.floor(span.from / CHUNK)).toBe(Math.floor((span.to - 1) / CHUNK));
          expect(span.to).toBeLessThanOrEqual(store.total);
        }
        const asked = (row: number) => spans.some((span) => span.from <= row && row < span.to);
        const forgotten = Array.from({ length: 700 }, (_, offset) => from + offset)
          .filter((row) => row < store.total && store.get(row) === undefined)
          .filter((row) => !asked(row));
        expect(forgotten).toEqual([]);
        // Answering them leaves nothing to ask.
        for (const span of spans) store.put(span.from, lines(span.from, span.to - span.from));
        expect(store.missing(range)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("goes on asking when an answer was short", () => {
    const store = new LineStore();
    store.grow(CHUNK);
    const [span] = store.missing({ from: 0, to: 10 });
    expect(span).toEqual({ from: 0, to: CHUNK });
    store.put(0, lines(0, 3));
    expect(store.missing({ from: 0, to: 10 })).toEqual([{ from: 3, to: CHUNK }]);
  });

  it("does not ask twice while the answer is on its way", () => {
    const store = new LineStore();
    store.grow(10);
    const [span = { from: 0, to: 0 }] = store.missing({ from: 0, to: 10 });
    store.ask(span);
    expect(store.missing({ from: 0, to: 10 })).toEqual([]);
    store.settle(span);
    expect(store.missing({ from: 0, to: 10 })).toEqual([span]);
  });

  it("keeps at most 80 chunks, the ones nearest to where the reader is", () => {
    const store = new LineStore();
    store.focus(0);
    for (let chunk = 0; chunk < 200; chunk += 1) {
      store.put(chunk * CHUNK, lines(chunk * CHUNK, CHUNK));
    }
    expect(store.chunkCount).toBe(MAX_CHUNKS);
    expect(store.get(0)?.n).toBe(1);
    expect(store.get(199 * CHUNK)).toBeUndefined();
    expect(store.total).toBe(200 * CHUNK);
    store.focus(199 * CHUNK);
    store.put(199 * CHUNK, lines(199 * CHUNK, CHUNK));
    expect(store.get(199 * CHUNK)?.n).toBe(199 * CHUNK + 1);
  });
});
