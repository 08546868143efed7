/** A small line without axes beside a number; the number says what it means. */
import { linePath, roundTop, type Values } from "./scale";
import type { Token } from "./theme";

type Props = {
  values: Values;
  colour: Token;
  /** Top of the scale; the largest value when it is left out. */
  top?: number;
  className?: string;
};

const WIDTH = 120;
const HEIGHT = 32;

export function Sparkline({ values, colour, top, className }: Props) {
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const path = linePath(values, WIDTH, HEIGHT, top ?? roundTop(most));
  const area = /^M[^M]+$/.test(path) ? `${path}V${HEIGHT}H${path.slice(1).split(" ")[0]}Z` : "";
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`}
      preserveAspectRatio="none"
      className={className ?? "h-8 w-full"}
      style={{ color: `var(${colour})` }}
    >
      <path d={area} fill="currentColor" opacity="0.14" />
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
