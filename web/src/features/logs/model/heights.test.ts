import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FixedHeights, WrappedHeights } from "./heights";

describe("FixedHeights", () => {
  it("places rows", () => {
    const heights = new FixedHeights(100, 20);
    expect([heights.total, heights.offsetOf(7), heights.rowAt(159), heights.rowAt(9999)]).toEqual([
      2000, 140, 7, 99,
    ]);
    expect(new FixedHeights(0, 20).rowAt(50)).toBe(0);
  });
});

describe("WrappedHeights", () => {
  const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 1400 });

  it("is the sum of the rows once all are known", () => {
    fc.assert(
      fc.property(counts, (lines) => {
        const heights = new WrappedHeights(lines.length, 20, (row) => lines[row]);
        heights.refresh(0, lines.length);
        let offset = 0;
        lines.forEach((count, row) => {
          expect(heights.offsetOf(row)).toBeCloseTo(offset, 3);
          expect(heights.rowAt(offset + 1)).toBe(row);
          offset += count * 20;
        });
        expect(heights.total).toBeCloseTo(offset, 3);
      }),
      { numRuns: 15 },
    );
  });

  it("takes rows that are not loaded as average", () => {
    const known = (row: number) => (row < 500 ? 3 : undefined);
    const heights = new WrappedHeights(1_000_000, 20, known);
    expect(heights.total).toBe(20_000_000);
    heights.refresh(0, 500);
    expect(heights.average).toBe(3);
    expect(heights.total).toBeCloseTo(60_000_000, 0);
    expect(heights.rowAt(heights.offsetOf(765_432) + 1)).toBe(765_432);
  });

  it("keeps what it knows while the log grows", () => {
    const heights = new WrappedHeights(700, 20, () => 2);
    heights.refresh(0, 700);
    heights.resize(1200);
    heights.refresh(500, 1200);
    expect(heights.total).toBe(1200 * 40);
    heights.resize(100);
    heights.refresh(0, 100);
    expect(heights.total).toBe(100 * 40);
  });
});
