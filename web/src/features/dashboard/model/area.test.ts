import { describe, expect, it } from "vitest";
import { areaPath, axis, linePath, type Point, perHour, stretches } from "./area";

const BOX = { width: 100, height: 10 };

describe("the load chart", () => {
  it("breaks the line where nothing was measured", () => {
    const points: Point[] = [
      [0, 0.1],
      [60, 0.2],
      [600, 0.3],
    ];
    expect(stretches(points, 150)).toEqual([points.slice(0, 2), points.slice(2)]);
    expect(stretches([], 150)).toEqual([]);
  });

  it("places values from the bottom up and keeps them inside", () => {
    const points: Point[] = [
      [0, 0],
      [50, 1.5],
      [100, 0.5],
    ];
    expect(linePath(points, [0, 100], BOX)).toBe("M0.0 10.0L50.0 0.0L100.0 5.0");
    expect(areaPath(points, [0, 100], BOX)).toMatch(/L100\.0 10L0\.0 10Z$/);
    expect(areaPath([], [0, 100], BOX)).toBe("");
  });

  it("spans what was measured, an hour at least and the range at most", () => {
    const hour = 3_600_000;
    const range = [0, 24 * hour] as const;
    expect(axis([[23.9 * hour, 1]], range)).toEqual([23 * hour, 24 * hour]);
    expect(axis([[10 * hour, 1]], range)).toEqual([10 * hour, 24 * hour]);
    expect(axis([[-hour, 1]], range)).toEqual(range);
  });

  it("averages per hour", () => {
    const hour = 3_600_000;
    expect(
      perHour([
        [1, 0.2],
        [2, 0.4],
        [hour + 1, 1],
      ]),
    ).toEqual([
      [0, expect.closeTo(0.3)],
      [hour, 1],
    ]);
  });
});
