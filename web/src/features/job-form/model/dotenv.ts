/** Reads pasted `.env` text: one `NAME=value` per line, quotes, comments and `export` understood. */

export type Pair = { name: string; value: string };

const LINE =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?:=|:[ \t])[ \t]*(?:"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'|([^\n]*?))[ \t]*(?:[ \t]#[^\n]*)?$/gm;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

const plain = (text: string) =>
  text.replace(
    /\\([\s\S])/g,
    (whole, c: string) => ESCAPES[c] ?? (/["\\$`\n]/.test(c) ? c : whole),
  );

/** Every pair in `text`, in order; a later one of the same name wins. */
export function parseDotenv(text: string): Pair[] {
  const found = new Map<string, string>();
  for (const match of text.replaceAll("\r\n", "\n").matchAll(LINE)) {
    const [, name = "", double, single, bare = ""] = match;
    const value = double !== undefined ? plain(double) : (single ?? bare.trim());
    found.delete(name);
    found.set(name, value);
  }
  return [...found].map(([name, value]) => ({ name, value }));
}

/** Whether pasted text is meant as pairs: its first written line is `NAME=…`. */
export function looksDotenv(text: string): boolean {
  const first = text.split("\n").find((line) => line.trim() !== "" && !/^\s*#/.test(line));
  return /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=/.test(first ?? "");
}
