/** Against the library whose place this takes: over every class that the product writes. */
import { readdirSync, readFileSync } from "node:fs";
import { extendTailwindMerge } from "tailwind-merge";
import { expect, test } from "vitest";
import { cn, effectsOf } from "./cn";

const theirs = extendTailwindMerge({
  extend: {
    theme: { text: ["2xs"], radius: ["control", "card", "sheet"], shadow: ["float"] },
  },
});

function written(): string[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  const sources = files
    .filter((file) => /(?<!\.test)\.tsx?$/.test(file) && file !== "lib/cn.ts")
    .map((file) => readFileSync(`src/${file}`, "utf8"));
  const texts = sources.flatMap((source) => source.match(/"[^"\n]*"/g) ?? []);
  const classes = texts.flatMap((text) => text.slice(1, -1).split(/\s+/));
  const bare = classes.map((one) => one.replace(/^([a-z-]+(\[[^\]]*\])?:)+/, ""));
  return [...new Set(bare)].filter((one) => /^-?[a-z[][\w[\]().,/%:+*#-]+$/.test(one));
}

/** Those that set the same, by what they set; without what sets nothing. */
function kindsOf(classes: readonly string[]): string[][] {
  const kinds = new Map<string, string[]>();
  for (const one of classes) {
    const kind = effectsOf(one).join();
    if (kind !== "") kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  return [...kinds.values()];
}

/** Theirs know our own utilities not, and leave a clamped box its overflow; one is a place of toasts. */
const OURS = /^(tint|animate)-|^line-clamp|^bottom-right$/;

test("a class wins over the same earlier ones as in tailwind-merge", () => {
  const kinds = kindsOf(written().filter((one) => !OURS.test(one)));
  const first = kinds.map(([one = ""]) => one);
  const pairs = [
    ...first.flatMap((one) => first.map((other) => [one, other] as const)),
    ...kinds.flatMap(([one = "", ...same]) => same.map((other) => [one, other] as const)),
  ];
  expect(first.length).toBeGreaterThan(80);
  const wrong = pairs.filter(([one, other]) => cn(one, other) !== theirs(`${one} ${other}`));
  expect(wrong).toEqual([]);
});

test("what holds at another time stays, and several together win over one", () => {
  expect(cn("p-4 hover:p-2 sm:p-1", "p-3 sm:px-2")).toBe("hover:p-2 sm:p-1 p-3 sm:px-2");
  expect(cn("p-4", "px-2", "py-1")).toBe("px-2 py-1");
  expect(cn("size-4", "w-2")).toBe("size-4 w-2");
  expect(cn("w-2 h-2", "size-4")).toBe("size-4");
  expect(cn("[&_svg:hover]:w-2", "[&_svg:hover]:w-3", "log-text")).toBe(
    "[&_svg:hover]:w-3 log-text",
  );
  expect(cn("text-sm text-muted", false, { "text-failed": true, grid: false })).toBe(
    "text-sm text-failed",
  );
});
