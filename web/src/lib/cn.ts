/** Joins class names; of two that contradict each other the later one wins. */
import { type ClassValue, clsx } from "clsx";

const SIDES: Readonly<Record<string, string>> = { "": "trbl", x: "rl", y: "tb" };
const SIZE = /^text-(2xs|xs|sm|base|lg|xl|\dxl)$/;
/** Of one kind, one property: what they set is the beginning of their name. */
const PLAIN =
  /^(?:(?:min-w|max-w|min-h|max-h|w|h|z|opacity|gap-x|gap-y|basis|order|self|items|content|place-content|place-items|justify-items|justify-self|justify|grid-cols|grid-rows|col-start|row-start|col-end|row-end|overflow-x|overflow-y|translate-x|translate-y|rotate|tracking|leading|whitespace|cursor|select|pointer-events|appearance|animate|duration|delay|ease|underline-offset|outline-offset|align|float|fill|stroke|object|bg|list|tint)(?=-)|(?:grow|shrink|resize|transition)(?=-|$))/;
const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /^(block|inline-block|inline-flex|inline-grid|inline|flex|grid|hidden|contents|table|table-cell)$/,
    "display",
  ],
  [/^(static|relative|absolute|fixed|sticky)$/, "position"],
  [/^(visible|invisible|collapse)$/, "visibility"],
  [/^(underline|line-through|no-underline|overline)$/, "decoration"],
  [/^(italic|not-italic)$/, "slant"],
  [/^(truncate|text-ellipsis|text-clip)$/, "ellipsis"],
  [/^break-/, "break"],
  [/^(sr-only|not-sr-only)$/, "sr"],
  [/^text-(left|center|right|start|end|justify)$/, "align-text"],
  [/^text-/, "color"],
  [/^font-(sans|serif|mono)$/, "family"],
  [/^font-/, "weight"],
  [/^flex-(row|col)(-reverse)?$/, "direction"],
  [/^flex-(wrap|nowrap|wrap-reverse)$/, "wrap"],
  [/^(col|row)-(span-|auto$)/, "$1-span"],
  [/^outline-(none|dashed|dotted|hidden)$/, "outline-style"],
  [/^outline(-\d+)?$/, "outline-width"],
  [/^outline-(?!offset)/, "outline-color"],
  [/^shadow(-|$)/, "shadow"],
  [/^divide-([xy])(-\d+)?$/, "divide-$1"],
  [/^divide-/, "divide-color"],
  [/^\[([a-z-]+):.*\]$/, "[$1]"],
];

const sides = (name: string, side: string) =>
  Array.from(SIDES[side] ?? side, (one) => `${name}.${one}`);

/** The properties that a class sets; none: it is not one of Tailwind's. */
function propertiesOf(name: string): readonly string[] {
  const box = /^(p|m|scroll-m|scroll-p)([xytrbl]?)-/.exec(name);
  if (box) return sides(box[1] ?? "", box[2] ?? "");
  const corner = /^rounded(?:-([trbl]))?(?=-|$)/.exec(name);
  if (corner) return sides("rounded", corner[1] ?? "");
  const inset = /^(?:inset(?:-([xy]))?|([trbl])(?:op|ight|ottom|eft))-/.exec(name);
  if (inset) return sides("inset", inset[1] ?? inset[2] ?? "");
  const border = /^border(?:-([xytrbl]))?(-\d+)?(-.+)?$/.exec(name);
  if (border) return sides(border[3] ? "border-color" : "border", border[1] ?? "");
  if (/^size-/.test(name)) return ["w", "h"];
  if (/^gap-[^xy]/.test(name)) return ["gap-x", "gap-y"];
  if (/^overflow-(?![xy]-)/.test(name)) return ["overflow-x", "overflow-y"];
  if (/^line-clamp-/.test(name)) return ["clamp", "display", "overflow-x", "overflow-y"];
  if (/^flex-(\d+|auto|none|initial)$/.test(name)) return ["flex", "basis", "grow", "shrink"];
  if (SIZE.test(name)) return ["size", "leading"];
  for (const [kind, property] of WORDS) {
    const found = kind.exec(name);
    if (found) return [property.replace("$1", found[1] ?? "")];
  }
  const plain = PLAIN.exec(name)?.[0];
  return plain === undefined ? [] : [plain];
}

/** A class with what must hold for it (`hover:`, `sm:`) before each property that it sets. */
export function effectsOf(one: string): readonly string[] {
  const outside = one.replace(/\[[^\]]*\]|\([^)]*\)/g, (inner) => "_".repeat(inner.length));
  const at = outside.lastIndexOf(":") + 1;
  const condition = one.slice(0, at);
  return propertiesOf(one.slice(at).replace(/^-/, "")).map((property) => condition + property);
}

/** Makes each answer once: the same classes come with every row of a list. */
function keep<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const old = made.get(text);
    if (old !== undefined) return old;
    if (made.size > 2000) made.clear();
    const fresh = make(text);
    made.set(text, fresh);
    return fresh;
  };
}

const effects = keep(effectsOf);

/** Leaves out each class all of whose properties are set again by those after it. */
const merge = keep((joined: string): string => {
  const set = new Set<string>();
  const left = joined.split(" ").filter((one) => one !== "");
  return left
    .reverse()
    .filter((one) => {
      const own = effects(one);
      if (own.length > 0 && own.every((effect) => set.has(effect))) return false;
      for (const effect of own) set.add(effect);
      return true;
    })
    .reverse()
    .join(" ");
});

export const cn = (...classes: ClassValue[]): string => merge(clsx(classes));
