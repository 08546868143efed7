/** Keys that phones lack, as the bytes that a terminal sends for them. */

export const KEYS = ["esc", "tab", "ctrl", "left", "up", "down", "right"] as const;
export type Key = (typeof KEYS)[number];

const ARROWS = { up: "A", down: "B", right: "C", left: "D" } as const;

/** `application`: the program has asked for the other kind of arrows (vi, less). */
export function sequenceOf(key: Exclude<Key, "ctrl">, application: boolean): string {
  if (key === "esc") return "\x1b";
  if (key === "tab") return "\t";
  return `\x1b${application ? "O" : "["}${ARROWS[key]}`;
}

/** The text with its first character as if Ctrl were held; unchanged when there is no such key. */
export function withControl(text: string): string {
  const first = text.charAt(0).toUpperCase();
  const code = first.charCodeAt(0);
  if (first === " ") return `\0${text.slice(1)}`;
  if (first === "?") return `\x7f${text.slice(1)}`;
  if (!(code >= 64 && code <= 95)) return text;
  return String.fromCharCode(code & 31) + text.slice(1);
}
