/**
 * Terminal text as plain text and styled spans. Colours and simple attributes are kept, OSC 8
 * links only for http and https, every other escape sequence and control character is dropped.
 * Nothing here makes markup: the spans become elements whose text the browser escapes.
 */

/** 0-15 palette, 16-255 cube and greys, or "#rrggbb". */
export type Colour = number | `#${string}`;

export type Style = {
  readonly fg?: Colour;
  readonly bg?: Colour;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly strike?: boolean;
  readonly href?: string;
};

export type StyledSpan = { readonly from: number; readonly to: number; readonly style: Style };
export type Drawn = {
  readonly text: string;
  /** In order, without overlap; what lies between is plain. */
  readonly spans: readonly StyledSpan[];
  /** Some of the line was left out. */
  readonly cut: boolean;
};

/** Characters drawn of one line. */
export const MAX_DRAWN = 4096;
const MAX_SOURCE = 4 * MAX_DRAWN;
const MAX_SPANS = 400;

const ESC = "\u001b";
const CSI8 = "\u009b";
const END = "\u009c";
const BELL = "\u0007";
/** Invisible marks that reorder text around them. */
const BIDI = "\\u202a-\\u202e\\u2066-\\u2069";
const TOKEN = new RegExp(
  [
    `(?:${ESC}\\[|${CSI8})([0-?]*)[ -/]*([@-~])`, // CSI, whole
    `${ESC}\\]([^${BELL}${ESC}${END}]*)(?:${BELL}|${ESC}\\\\|${END})?`, // OSC
    `${ESC}[PX^_][^${ESC}${END}]*(?:${ESC}\\\\|${END})?`, // DCS and its kin
    `${ESC}\\[[0-?]*[ -/]*`, // CSI, cut short
    `${ESC}[ -/]*[0-~]?`,
    `[\\p{Cc}${BIDI}]`,
    `https?://[^\\s\\p{Cc}${BIDI}"'<>\`]+`,
  ].join("|"),
  "gu",
);
const SPECIAL = new RegExp(`[\\p{Cc}${BIDI}]|https?://`, "u");
const TAB = 8;

/** What is drawn of a line. */
export function draw(source: string): Drawn {
  const limited = source.length > MAX_SOURCE ? source.slice(0, MAX_SOURCE) : source;
  if (!SPECIAL.test(limited)) return cutTo(limited, [], limited.length < source.length);
  const drawing = new Drawing();
  let position = 0;
  for (const token of limited.matchAll(TOKEN)) {
    drawing.plain(limited.slice(position, token.index));
    position = token.index + token[0].length;
    drawing.take(token);
  }
  drawing.plain(limited.slice(position));
  return cutTo(drawing.text, drawing.spans, limited.length < source.length);
}

class Drawing {
  text = "";
  readonly spans: StyledSpan[] = [];
  #style: Style = {};

  plain(piece: string, style: Style = this.#style): void {
    if (piece === "") return;
    const from = this.text.length;
    this.text += piece;
    if (Object.keys(style).length === 0 || this.spans.length === MAX_SPANS) return;
    const last = this.spans.at(-1);
    if (last !== undefined && last.to === from && last.style === style) {
      this.spans[this.spans.length - 1] = { from: last.from, to: this.text.length, style };
    } else {
      this.spans.push({ from, to: this.text.length, style });
    }
  }

  take(token: RegExpMatchArray): void {
    const [whole, params, final, command] = token;
    if (whole === "\t") this.plain(" ".repeat(TAB - (this.text.length % TAB)));
    else if (whole.startsWith("http")) this.#address(whole);
    else if (final === "m") this.#style = styled(this.#style, params ?? "");
    else if (command?.startsWith("8;")) this.#link(command);
  }

  #address(found: string): void {
    const address = found.replace(/[).,;:!?\]}]+$/, "");
    const href = this.#style.href ?? safeHref(address);
    this.plain(address, href === undefined ? this.#style : { ...this.#style, href });
    this.plain(found.slice(address.length));
  }

  #link(command: string): void {
    const target = command.slice(command.indexOf(";", 2) + 1);
    const href = safeHref(target);
    const { href: _, ...rest } = this.#style;
    this.#style = href === undefined ? rest : { ...rest, href };
  }
}

/** The address when it is a whole http or https one. */
export function safeHref(target: string): string | undefined {
  if (!/^https?:\/\//i.test(target)) return undefined;
  try {
    const url = new URL(target);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

type Changes = { -readonly [K in keyof Style]?: Style[K] | undefined };

/** The style after one SGR sequence. */
export function styled(before: Style, params: string): Style {
  const style: Changes = { ...before };
  const codes = params.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(at + 1));
      at += used;
      if (colour !== undefined) style[code === 38 ? "fg" : "bg"] = colour;
    } else {
      apply(style, code);
    }
  }
  const set = Object.entries(style).filter(([, value]) => value !== undefined && value !== false);
  return Object.fromEntries(set) as Style;
}

function apply(style: Changes, code: number): void {
  if (code === 0) {
    const { href } = style;
    for (const name of Object.keys(style)) delete style[name as keyof Style];
    style.href = href;
  } else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 3) style.italic = true;
  else if (code === 4 || code === 21) style.underline = true;
  else if (code === 7) style.inverse = true;
  else if (code === 9) style.strike = true;
  else if (code === 22) [style.bold, style.dim] = [false, false];
  else if (code === 23) style.italic = false;
  else if (code === 24) style.underline = false;
  else if (code === 27) style.inverse = false;
  else if (code === 29) style.strike = false;
  else if (code >= 30 && code <= 37) style.fg = code - 30;
  else if (code === 39) style.fg = undefined;
  else if (code >= 40 && code <= 47) style.bg = code - 40;
  else if (code === 49) style.bg = undefined;
  else if (code >= 90 && code <= 97) style.fg = code - 82;
  else if (code >= 100 && code <= 107) style.bg = code - 92;
}

/** A colour of 256 or of 16 million, and how many numbers it took. */
function extended(codes: readonly number[]): [Colour | undefined, number] {
  const [kind, a = 0, b = 0, c = 0] = codes;
  if (kind === 5) return [a >= 0 && a <= 255 ? a : undefined, 2];
  if (kind !== 2) return [undefined, 0];
  const bytes = [a, b, c];
  if (bytes.some((byte) => !(byte >= 0 && byte <= 255))) return [undefined, 4];
  return [`#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`, 4];
}

function cutTo(text: string, spans: readonly StyledSpan[], cut: boolean): Drawn {
  if (text.length <= MAX_DRAWN) return { text, spans, cut };
  const kept = spans
    .filter((span) => span.from < MAX_DRAWN)
    .map((span) => (span.to > MAX_DRAWN ? { ...span, to: MAX_DRAWN } : span));
  return { text: text.slice(0, MAX_DRAWN), spans: kept, cut: true };
}

/** A line with its escape sequences made visible instead of acted upon. */
export function raw(source: string): Drawn {
  const visible = source
    .slice(0, MAX_SOURCE)
    .replaceAll("\t", " ".repeat(TAB))
    .replace(/\p{Cc}/gu, (control) => picture(control.charCodeAt(0)));
  return cutTo(visible, [], source.length > MAX_SOURCE);
}

/** The character that stands for a control character. */
function picture(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
