import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Language, tokensOf } from "./highlight";

const kinds = (script: string, language: Language) =>
  tokensOf(script, language)
    .filter(({ kind }) => kind !== "text")
    .map(({ kind, text }) => [kind, text]);

describe("highlighting", () => {
  it("knows shell", () => {
    expect(kinds(`# note\nfor i in 1; do echo "$i" 'a#b' $HOME\${X}; done`, "shell")).toEqual([
      ["comment", "# note"],
      ["keyword", "for"],
      ["keyword", "in"],
      ["number", "1"],
      ["keyword", "do"],
      ["string", '"$i"'],
      ["string", "'a#b'"],
      ["variable", `$HOME\${X}`],
      ["keyword", "done"],
    ]);
  });

  it("knows Python and Node.js", () => {
    expect(kinds('import os  # x\ns = """a\nb"""', "python")).toEqual([
      ["keyword", "import"],
      ["comment", "# x"],
      ["string", '"""a\nb"""'],
    ]);
    expect(kinds("const a = `x`; // y", "node")).toEqual([
      ["keyword", "const"],
      ["string", "`x`"],
      ["comment", "// y"],
    ]);
  });

  it("loses no character, whatever the script is", () => {
    const languages = fc.constantFrom<Language>("shell", "python", "node", "plain");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), languages, (script, language) => {
        const joined = tokensOf(script, language).map(({ text }) => text);
        expect(joined.join("")).toBe(script);
      }),
    );
  });
});
