/** What is asked before it goes to a shell: text that may run before it was read. */

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const DELETE = 127;

const isText = (code: number) =>
  code === TAB || code === LINE_FEED || code === RETURN || (code >= 32 && code !== DELETE);

/** Without control characters: a page that one copies from could hide keys among the words. */
export const cleaned = (text: string): string =>
  [...text].filter((character) => isText(character.codePointAt(0) ?? 0)).join("");

/** Whether any of it ends a line, and so may run at once. */
export const needsAsking = (text: string): boolean => /[\r\n]/.test(text);

const lines = (text: string): string[] => text.replace(/(\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/);

export const lineCount = (text: string): number => lines(text).length;

/** The same words on one line, which waits for Enter. */
export const asOneLine = (text: string): string =>
  lines(text)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
