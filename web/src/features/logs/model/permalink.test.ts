import { describe, expect, it } from "vitest";
import { formatHash, openingOf, parseHash, picked } from "./permalink";

describe("parseHash", () => {
  it("reads one line and ranges, either way round", () => {
    expect(parseHash("#L1200")).toEqual({ first: 1200, last: 1200 });
    expect(parseHash("L7-L12")).toEqual({ first: 7, last: 12 });
    expect(parseHash("#L12-7")).toEqual({ first: 7, last: 12 });
  });

  it.each(["", "#", "#L0", "#L", "#L-5", "#L1.5", "#Lx", "#L1-L0", "#L1<script>"])(
    "leaves %s alone",
    (hash) => expect(parseHash(hash)).toBeUndefined(),
  );

  it("is undone by formatHash", () => {
    for (const hash of ["L5", "L5-L9"]) {
      const range = parseHash(hash);
      expect(range && formatHash(range)).toBe(hash);
    }
  });
});

describe("picked", () => {
  it("takes one line, and with Shift all from the first", () => {
    expect(picked(9, false, 3)).toEqual({ first: 9, last: 9 });
    expect(picked(9, true, 3)).toEqual({ first: 3, last: 9 });
    expect(picked(2, true, 5)).toEqual({ first: 2, last: 5 });
    expect(picked(2, true, undefined)).toEqual({ first: 2, last: 2 });
  });
});

describe("openingOf", () => {
  const done = { hash: undefined, failed: false, ended: true, firstError: null };
  it("prefers the hash, then the first error, then the tail of what runs, then the top", () => {
    const hash = { first: 40, last: 42 };
    expect(openingOf({ ...done, hash, ended: false })).toEqual({ at: "line", line: 40 });
    expect(openingOf({ ...done, failed: true, firstError: 7 })).toEqual({ at: "line", line: 7 });
    expect(openingOf({ ...done, failed: true })).toEqual({ at: "end", follow: false });
    expect(openingOf({ ...done, ended: false })).toEqual({ at: "end", follow: true });
    expect(openingOf({ ...done, firstError: 7 })).toEqual({ at: "top" });
  });
});
