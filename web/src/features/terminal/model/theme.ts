/** The console's colours for the terminal: every one of the sixteen can be read on its ground. */
import type { ITheme } from "@xterm/xterm";

export const GROUND = "#0a0d13";
const TEXT = "#d7dce5";

export const THEME: ITheme = {
  background: GROUND,
  foreground: TEXT,
  cursor: "#8fb3ff",
  cursorAccent: GROUND,
  selectionBackground: "#2b4a86",
  selectionForeground: "#ffffff",
  scrollbarSliderBackground: "#6b788e80",
  scrollbarSliderHoverBackground: "#6b788ecc",
  scrollbarSliderActiveBackground: "#6b788e",
  black: "#768296",
  red: "#ff7b84",
  green: "#5fdca0",
  yellow: "#f2c94c",
  blue: "#6ca8ff",
  magenta: "#d8a5ff",
  cyan: "#56d4dd",
  white: TEXT,
  brightBlack: "#98a3b5",
  brightRed: "#ff9ea5",
  brightGreen: "#86eab9",
  brightYellow: "#ffdb70",
  brightBlue: "#93beff",
  brightMagenta: "#e6c4ff",
  brightCyan: "#86e6ed",
  brightWhite: "#ffffff",
};

/** Takes back what a program that ended badly has left on: mouse, paste, colours, no cursor. */
const PLAIN = "\x1b[?1000;1002;1003;1004;1006;2004l\x1b[?25h\x1b[!p\x1b[0m";
/** Back from the other screen; on the first one it would only move the cursor. */
const FIRST_SCREEN = "\x1b[?1049l";

/** What is drawn between one session and the next, which share the scroll-back. */
export const divider = (text: string, otherScreen: boolean): string =>
  `${otherScreen ? FIRST_SCREEN : ""}${PLAIN}\r\n\x1b[2m-- ${text} --\x1b[0m\r\n`;
