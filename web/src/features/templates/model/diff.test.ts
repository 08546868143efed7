import { describe, expect, it } from "vitest";
import { diffOf, hunksOf } from "./diff";

const SIGNS = { same: " ", added: "+", removed: "-" };
const written = (before: string, after: string) =>
  diffOf(before, after).map(({ kind, text }) => SIGNS[kind] + text);

describe("the difference of two texts", () => {
  it("keeps what both have", () => {
    expect(written("a\nb\nc\n", "a\nx\nc\n")).toEqual([" a", "-b", "+x", " c"]);
    expect(written("a\nb\n", "a\nb\nc\n")).toEqual([" a", " b", "+c"]);
    expect(written("a\nb\nc", "b")).toEqual(["-a", " b", "-c"]);
    expect(written("", "a\n")).toEqual(["+a"]);
    expect(written("a\n", "a\n")).toEqual([" a"]);
  });

  it("is a shortest one, and each side can be read from it", () => {
    const before = "abcabba".split("").join("\n");
    const after = "cbabac".split("").join("\n");
    const lines = diffOf(before, after);
    const side = (gone: string) =>
      lines
        .filter(({ kind }) => kind !== gone)
        .map(({ text }) => text)
        .join("\n");
    expect(side("added")).toBe(before);
    expect(side("removed")).toBe(after);
    expect(lines.filter(({ kind }) => kind !== "same")).toHaveLength(5);
  });

  it("does not hang on two long texts", () => {
    const text = (name: string) => Array.from({ length: 3000 }, (_, n) => name + n).join("\n");
    expect(diffOf(text("a"), text("b"))).toHaveLength(6000);
  });

  it("is shown with a few lines around each change", () => {
    const same = Array.from({ length: 20 }, (_, n) => `l${n}`);
    const lines = diffOf(same.join("\n"), same.with(10, "x").join("\n"));
    const hunks = hunksOf(lines, 2).map((line) => line?.text ?? "…");
    expect(hunks).toEqual(["…", "l8", "l9", "l10", "x", "l11", "l12", "…"]);
    expect(hunksOf(diffOf("a", "a"))).toEqual([null]);
  });
});
