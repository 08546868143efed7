/** A command line as its arguments, and back: POSIX quoting, nothing is expanded. */

export type Split = { words: string[]; open: '"' | "'" | null };

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
const BLANK = /\s/;
const ESCAPED_IN_QUOTES = new Set(['"', "\\", "$", "`"]);

/** The arguments of `line`; `open` is a quote that is never closed. */
export function splitWords(line: string): Split {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const c = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === "'") {
      if (c === "'") quote = null;
      else word = (word ?? "") + c;
    } else if (c === "\\" && next === "\n") {
      at += 1;
    } else if (quote === '"') {
      if (c === '"') quote = null;
      else if (c === "\\" && ESCAPED_IN_QUOTES.has(next)) {
        word = (word ?? "") + next;
        at += 1;
      } else word = (word ?? "") + c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word = word ?? "";
    } else if (c === "\\" && next !== "") {
      word = (word ?? "") + next;
      at += 1;
    } else if (BLANK.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (word !== null) words.push(word);
  return { words, open: quote };
}

/** `word` as a POSIX shell reads it back unchanged. */
export function quoteWord(word: string): string {
  if (PLAIN.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Arguments as one command line. */
export const joinWords = (words: readonly string[]): string => words.map(quoteWord).join(" ");
