import { describe, expect, it } from "vitest";
import { Matches, markerOf, PAGE, stepped } from "./search";

const plain = { text: "", regex: false, caseSensitive: false };

describe("Matches", () => {
  it("finds lines by place and places by line", () => {
    const matches = new Matches();
    const page = (offset: number) => Array.from({ length: PAGE }, (_, at) => (offset + at) * 3 + 1);
    matches.put(0, page(0), 2500);
    matches.put(2000, page(2000).slice(0, 500), 2500);
    expect([matches.at(0), matches.at(2), matches.at(2400)]).toEqual([1, 7, 7201]);
    expect(matches.at(1500)).toBeUndefined();
    expect([matches.placeOf(7), matches.placeOf(8), matches.placeOf(7201)]).toEqual([
      2,
      undefined,
      2400,
    ]);
  });

  it("forgets the last page when more matches come", () => {
    const matches = new Matches();
    matches.put(0, [5, 9], 2);
    matches.grow(3);
    expect([matches.total, matches.at(0)]).toEqual([3, undefined]);
  });
});

describe("stepped", () => {
  it("goes round at the ends", () => {
    expect(stepped(undefined, 1, 3)).toBe(0);
    expect(stepped(undefined, -1, 3)).toBe(2);
    expect(stepped(2, 1, 3)).toBe(0);
    expect(stepped(0, -1, 3)).toBe(2);
    expect(stepped(0, 1, 0)).toBeUndefined();
  });
});

describe("markerOf", () => {
  it("marks plain text, whatever its characters, in either case", () => {
    const marks = markerOf({ ...plain, text: "a.b(" })("xA.B( a.b( aXb(");
    expect(marks).toEqual([
      { from: 1, to: 5 },
      { from: 6, to: 10 },
    ]);
    expect(markerOf({ ...plain, text: "A", caseSensitive: true })("a A")).toEqual([
      { from: 2, to: 3 },
    ]);
  });

  it("marks expressions, and nothing when this browser cannot or should not run them", () => {
    const regex = { ...plain, regex: true };
    expect(markerOf({ ...regex, text: "\\d+" })("a 42 7")).toEqual([
      { from: 2, to: 4 },
      { from: 5, to: 6 },
    ]);
    expect(markerOf({ ...regex, text: "x*" })("aaa")).toEqual([]);
    expect(markerOf({ ...regex, text: "(?P<a>x)" })("x")).toEqual([]);
    expect(markerOf({ ...regex, text: ".*.*.*x" })("y".repeat(4096))).toEqual([]);
    expect(markerOf(plain)("anything")).toEqual([]);
  });
});
