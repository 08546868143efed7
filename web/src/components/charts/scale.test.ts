import { describe, expect, it } from "vitest";
import { figuresOf, linePath, lonely, roundTop, spread } from "./scale";

describe("the numbers behind charts", () => {
  it("say what a series says", () => {
    expect(figuresOf([null, 2, 4, null])).toEqual({ last: 4, least: 2, most: 4, mean: 3 });
    expect(figuresOf([null])).toBeNull();
  });

  it("end an axis at a round number", () => {
    expect([0, 0.3, 1, 1.2, 97, 101].map((most) => roundTop(most))).toEqual([
      1, 0.3, 1, 1.5, 100, 150,
    ]);
    expect(roundTop(500 * 1024 * 1024, true)).toBe(500 * 1024 * 1024);
    expect(roundTop(1.3 * 1024, true)).toBe(1.5 * 1024);
  });

  it("spread a table's rows evenly", () => {
    expect(spread(3, 10)).toEqual([0, 1, 2]);
    expect(spread(100, 3)).toEqual([0, 50, 99]);
  });

  it("leave gaps in a line", () => {
    expect(linePath([0, null, 2, 1], 30, 10, 2)).toBe("M0.0 10.0M20.0 0.0L30.0 5.0");
  });
});

it("finds values that stand alone", () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonely([null, undefined])).toEqual([]);
});
