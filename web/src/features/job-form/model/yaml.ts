/** Writes plain data as YAML that reads back the same: block style, scripts as literal blocks. */

type Data = string | number | boolean | null | Data[] | { [key: string]: Data };

const BARE = /^[A-Za-z_/][A-Za-z0-9_./@-]*(?:[ :][A-Za-z0-9_./@-]+)*$/;
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i;
const SIMPLE_LINES =
  /^[\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

const isMap = (data: Data): data is { [key: string]: Data } =>
  typeof data === "object" && data !== null && !Array.isArray(data);

/** `data` as YAML, with a final newline. */
export function toYaml(data: { [key: string]: Data }): string {
  return `${mapLines(data, "").join("\n")}\n`;
}

function mapLines(map: { [key: string]: Data }, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) =>
    entry(`${indent}${scalar(key)}:`, value, indent),
  );
}

function entry(head: string, value: Data, indent: string): string[] {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${head} []`];
    return [head, ...value.flatMap((item) => listLines(item, inner))];
  }
  if (isMap(value)) {
    if (Object.keys(value).length === 0) return [`${head} {}`];
    return [head, ...mapLines(value, inner)];
  }
  if (typeof value === "string" && value.includes("\n") && fitsBlock(value)) {
    return block(head, value, inner);
  }
  return [`${head} ${scalar(value)}`];
}

/** An item of a list; a map begins on the line of the dash. */
function listLines(item: Data, indent: string): string[] {
  if (!isMap(item) || Object.keys(item).length === 0) return entry(`${indent}-`, item, indent);
  const [first = "", ...rest] = mapLines(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

/** Whether a literal block keeps every character. */
const fitsBlock = (text: string) =>
  SIMPLE_LINES.test(text) && text.trim() !== "" && !/^[ \n]/.test(text);

function block(head: string, text: string, indent: string): string[] {
  const ends = /\n*$/.exec(text)?.[0].length ?? 0;
  const style = ends === 0 ? "|-" : ends === 1 ? "|" : "|+";
  const lines = text.slice(0, ends === 0 ? undefined : -1).split("\n");
  return [`${head} ${style}`, ...lines.map((line) => (line === "" ? "" : indent + line))];
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== "string") return String(value);
  return BARE.test(value) && !NOT_TEXT.test(value) ? value : quoted(value);
}

/** JSON is YAML, but for two separators and the reach of its escapes. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
