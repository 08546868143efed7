import { describe, expect, it } from "vitest";
import { groupsOf, hiddenBy, revealing, titleOf } from "./fold";

describe("groupsOf", () => {
  it("lets a section last until the next one or the end", () => {
    expect(groupsOf([2, 5, 9], "-+~", 12)).toEqual([
      { line: 2, last: 4 },
      { line: 5, last: 8 },
      { line: 9, last: 12 },
    ]);
  });

  it("pairs ::group:: with ::endgroup::, within sections too", () => {
    expect(groupsOf([1, 3, 6, 8], "-gee", 10)).toEqual([
      { line: 1, last: 10 },
      { line: 3, last: 6 },
    ]);
    expect(groupsOf([2, 4], "gg", 6)).toEqual([
      { line: 2, last: 3 },
      { line: 4, last: 6 },
    ]);
  });

  it("does not take the head of a diff for sections", () => {
    expect(groupsOf([3, 4, 8], "-+-", 10)).toEqual([{ line: 8, last: 10 }]);
  });

  it("has no group around nothing", () => {
    expect(groupsOf([4, 5], "ge", 9)).toEqual([{ line: 4, last: 5 }]);
    expect(groupsOf([9], "-", 9)).toEqual([]);
  });
});

describe("folding", () => {
  const groups = groupsOf([1, 3, 6], "-ge", 10);

  it("hides what follows the title", () => {
    expect(hiddenBy(groups, new Set([3]))).toEqual([{ from: 3, to: 6 }]);
  });

  it("opens every group over a line that somebody goes to", () => {
    const folded = new Set([1, 3]);
    expect([...revealing(groups, folded, 5)]).toEqual([]);
    expect([...revealing(groups, folded, 3)]).toEqual([3]);
    expect(revealing(groups, folded, 1)).toBe(folded);
  });

  it("shows titles without their marks", () => {
    expect([titleOf("--- Build"), titleOf("::group::Test"), titleOf("plain")]).toEqual([
      "Build",
      "Test",
      "plain",
    ]);
  });
});
