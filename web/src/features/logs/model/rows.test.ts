import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowMap } from "./rows";

const span = fc
  .tuple(fc.nat(120), fc.nat(40))
  .map(([from, length]) => ({ from, to: from + length }));

describe("RowMap", () => {
  it("numbers exactly the places that are not hidden", () => {
    fc.assert(
      fc.property(fc.nat(130), fc.array(span, { maxLength: 8 }), (total, hidden) => {
        const places = Array.from({ length: total }, (_, place) => place);
        const isHidden = (place: number) =>
          hidden.some(({ from, to }) => from <= place && place < to);
        const shown = places.filter((place) => !isHidden(place));
        const rows = new RowMap(total, hidden);
        expect(rows.count).toBe(shown.length);
        expect(shown.map((_, row) => rows.placeOf(row))).toEqual(shown);
        for (const place of places) {
          expect(rows.isHidden(place)).toBe(isHidden(place));
          const before = shown.filter((other) => other <= place).length;
          expect(rows.rowOf(place)).toBe(Math.max(0, before - 1));
        }
      }),
    );
  });

  it("is the identity when nothing is hidden", () => {
    const rows = new RowMap(1_000_000);
    expect([rows.count, rows.placeOf(999_999), rows.rowOf(5)]).toEqual([1_000_000, 999_999, 5]);
  });
});
