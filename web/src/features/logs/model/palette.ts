/** The colours of terminal text on the console's ground; every one of them can be read there. */
import type { Colour, Style } from "./ansi";

const BASIC = [
  ...["#768296", "#ff7b84", "#5fdca0", "#f2c94c", "#6ca8ff", "#d8a5ff", "#56d4dd", "#d7dce5"],
  ...["#98a3b5", "#ff9ea5", "#86eab9", "#ffdb70", "#93beff", "#e6c4ff", "#86e6ed", "#ffffff"],
] as const;
const GROUND = "#0a0d13";
const TEXT = "#d7dce5";
const STEPS = [0, 95, 135, 175, 215, 255] as const;
const LEAST_CONTRAST = 4.5;

type Rgb = readonly [number, number, number];

function cube(index: number): Rgb {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const place = index - 16;
  const step = (at: number) => STEPS[at % 6] ?? 0;
  return [step(Math.floor(place / 36)), step(Math.floor(place / 6)), step(place)];
}

const hex = (rgb: Rgb) =>
  `#${rgb.map((byte) => Math.round(byte).toString(16).padStart(2, "0")).join("")}`;

function parsed(colour: string): Rgb {
  const number = Number.parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(parsed(one)), luminance(parsed(other))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The colour, made lighter until it can be read on the console. */
function readable(colour: string): string {
  let rgb = parsed(colour);
  while (contrast(hex(rgb), GROUND) < LEAST_CONTRAST) {
    rgb = rgb.map((byte) => Math.min(255, byte + 12)) as unknown as Rgb;
  }
  return hex(rgb);
}

/** A colour as it is written in CSS. */
export function colourOf(colour: Colour): string {
  if (typeof colour === "string") return colour;
  return BASIC[colour] ?? hex(cube(colour));
}

export type Css = {
  color?: string;
  backgroundColor?: string;
  fontWeight?: number;
  fontStyle?: "italic";
  opacity?: number;
  textDecoration?: string;
};

/** A style as CSS properties. */
export function cssOf(style: Style): Css {
  const css: Css = {};
  let fg = style.fg === undefined ? undefined : colourOf(style.fg);
  let bg = style.bg === undefined ? undefined : colourOf(style.bg);
  if (style.inverse) [fg, bg] = [bg ?? GROUND, fg ?? TEXT];
  if (bg !== undefined) {
    css.backgroundColor = bg;
    const front = fg ?? TEXT;
    const best = contrast("#ffffff", bg) > contrast(GROUND, bg) ? "#ffffff" : GROUND;
    css.color = contrast(front, bg) < 3 ? best : front;
  } else if (fg !== undefined) css.color = readable(fg);
  if (style.bold) css.fontWeight = 700;
  if (style.italic) css.fontStyle = "italic";
  if (style.dim) css.opacity = 0.7;
  const lines = [style.underline && "underline", style.strike && "line-through"].filter(Boolean);
  if (lines.length > 0) css.textDecoration = lines.join(" ");
  return css;
}
