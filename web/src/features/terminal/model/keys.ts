/** What the keys send that a phone's keyboard lacks. */

export type ExtraKey = "esc" | "tab" | "up" | "down" | "left" | "right";

const ARROWS: Readonly<Partial<Record<ExtraKey, string>>> = {
  up: "A",
  down: "B",
  right: "C",
  left: "D",
};

/** The bytes of a key; programs on the whole screen want arrows in another form. */
export function bytesOf(key: ExtraKey, application: boolean): string {
  if (key === "esc") return "\x1b";
  if (key === "tab") return "\t";
  return `\x1b${application ? "O" : "["}${ARROWS[key]}`;
}

/** A typed character with Ctrl held: Ctrl-C for "c". What has no such form stays as it is. */
export function withControl(text: string): string {
  if (text.length !== 1) return text;
  const code = text.toUpperCase().charCodeAt(0);
  if (text === " ") return "\x00";
  if (text === "?") return "\x7f";
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : text;
}

/** Whether a pasted text would run something before anybody has read it. */
export const needsGuard = (text: string): boolean => /[\r\n]/.test(text);
