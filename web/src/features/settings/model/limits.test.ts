import { describe, expect, it } from "vitest";
import { limitOf, typedOf } from "./limits";

describe("limitOf", () => {
  it.each([
    ["", true, null],
    [" 4 ", true, 4],
    ["0", true, 0],
    ["1.5", false, 1.5],
    ["1,5", false, 1.5],
    ["1.5", true, undefined],
    ["-1", true, undefined],
    ["many", false, undefined],
    ["1e999", false, undefined],
  ])("%j (whole: %s) is %s", (typed, whole, limit) => {
    expect(limitOf(typed, whole)).toBe(limit);
  });

  it("is written as it was typed", () => {
    expect([typedOf(null), typedOf(1.5)]).toEqual(["", "1.5"]);
  });
});
