import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinWords, splitWords } from "./words";

describe("a command line", () => {
  it.each([
    ["/app/report --day yesterday", ["/app/report", "--day", "yesterday"]],
    ["  a\tb\n c  ", ["a", "b", "c"]],
    [`echo 'a b' "c d" e\\ f`, ["echo", "a b", "c d", "e f"]],
    [`"a \\"b\\" \\$c \\n" ''`, ['a "b" $c \\n', ""]],
    ["one \\\n two", ["one", "two"]],
    ["a'b'\"c\"", ["abc"]],
    ["", []],
  ])("%j is %j", (line, words) => {
    expect(splitWords(line)).toEqual({ words, open: null });
  });

  it("says which quote is open", () => {
    expect(splitWords("echo 'a b")).toEqual({ words: ["echo", "a b"], open: "'" });
    expect(splitWords('echo "a').open).toBe('"');
  });

  it("reads back every list of arguments that it wrote", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
        expect(splitWords(joinWords(words))).toEqual({ words, open: null });
      }),
    );
  });
});
