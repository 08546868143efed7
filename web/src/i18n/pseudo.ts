/** The pseudo-language en-XA: English, accented and 40 % longer, to find what overflows. */
import type { Words } from "./resources";

const ACCENTED: Readonly<Record<string, string>> = {
  a: "á",
  c: "ç",
  e: "é",
  i: "í",
  n: "ñ",
  o: "ö",
  s: "š",
  u: "ü",
  y: "ý",
  A: "Á",
  C: "Ç",
  E: "É",
  I: "Í",
  N: "Ñ",
  O: "Ö",
  S: "Š",
  U: "Ü",
  Y: "Ý",
};

const PLACEHOLDER = /(\{\{[^}]*\}\}|<[^>]*>|\$t\([^)]*\))/;

function lengthen(text: string): string {
  const parts = text.split(PLACEHOLDER);
  const words = parts.map((part, index) =>
    index % 2 === 1 ? part : part.replace(/[a-zA-Z]/g, (letter) => ACCENTED[letter] ?? letter),
  );
  const letters = parts.filter((_, index) => index % 2 === 0).join("").length;
  // In groups, as words are: longer ones may wrap.
  const more = "~".repeat(Math.ceil(letters * 0.4)).replace(/~{6}(?=~)/g, "$& ");
  return `[${words.join("")}${more}]`;
}

/** Every text of `words` as en-XA; placeholders and tags stay as they are. */
export function pseudo(words: Words): Words {
  return Object.fromEntries(
    Object.entries(words).map(([key, value]) => [
      key,
      typeof value === "string" ? lengthen(value) : pseudo(value),
    ]),
  );
}
