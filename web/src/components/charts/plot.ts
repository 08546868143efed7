/** The options of a uPlot line chart in the page's colours and language. */
import type uPlot from "uplot";
import { lonely, roundTop } from "./scale";
import { colourOf, faded, type Token } from "./theme";

export type Series = {
  key: string;
  label: string;
  colour: Token;
  values: readonly (number | null)[];
  /** Whether the area below the line is filled. */
  filled?: boolean;
};

export type Limit = { value: number; label: string };

export type PlotStyle = {
  series: readonly Series[];
  /** A value as the axis shows it. */
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
  /** Whether the axis counts in powers of 1024. */
  binary: boolean;
  limit: Limit | undefined;
  /** Charts of one group share their crosshair. */
  group: string | undefined;
  range: readonly [number, number] | undefined;
};

const FONT = '11px "Geist Variable", system-ui, sans-serif';
const AXIS_WIDTH = 64;
const TIME_HEIGHT = 24;
const TIME_SPACE = 72;
/** Powers of two: steps of an axis that counts bytes. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** What changes only with words, colours or the set of series; data and size come apart. */
export function plotOptions(style: PlotStyle, onCursor: (index: number | null) => void) {
  const text = colourOf("--c-subtle");
  const grid = { stroke: colourOf("--c-hairline"), width: 1 };
  const axis = { stroke: text, font: FONT, ticks: { show: false }, grid };
  const options: Omit<uPlot.Options, "width" | "height"> = {
    legend: { show: false },
    padding: [12, 18, 0, 0],
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: false, y: false },
      ...(style.group === undefined ? {} : { sync: { key: style.group } }),
    },
    scales: {
      x: style.range === undefined ? { time: true } : { time: true, range: [...style.range] },
      y: { range: (_, __, most) => [0, topOf(most ?? 0, style)] },
    },
    axes: [
      {
        ...axis,
        size: TIME_HEIGHT,
        space: TIME_SPACE,
        values: (_, splits) => splits.map(style.formatTime),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        space: 32,
        values: (_, splits) => splits.map(style.format),
        ...(style.binary ? { incrs: BINARY_STEPS } : {}),
      },
    ],
    series: [{}, ...style.series.map(lineOf)],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => drawLimit(plot, style.limit)],
    },
  };
  return options;
}

function topOf(most: number, { limit, binary }: PlotStyle): number {
  const needed = Math.max(most, binary ? 1024 : 0);
  // The limit is worth its place only while the line comes near it.
  if (limit !== undefined && needed * 4 >= limit.value) {
    return roundTop(Math.max(needed, limit.value) * 1.05, binary);
  }
  return roundTop(needed * 1.1 || (limit?.value ?? 1), binary);
}

function lineOf({ label, colour, filled }: Series): uPlot.Series {
  const stroke = colourOf(colour);
  return {
    label,
    stroke,
    width: 1.5,
    // A value between two gaps makes no line: it is drawn as a dot.
    points: {
      show: true,
      size: 5,
      fill: stroke,
      filter: (plot, at) => lonely(plot.data[at] ?? []),
    },
    ...(filled === true ? { fill: faded(stroke, 0.14) } : {}),
  };
}

function drawLimit(plot: uPlot, limit: Limit | undefined): void {
  if (limit === undefined) return;
  const y = plot.valToPos(limit.value, "y", true);
  const { left, top, width } = plot.bbox;
  if (!(y >= top)) return;
  const { ctx } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colourOf("--c-failed");
  ctx.fillStyle = colourOf("--c-failed");
  ctx.lineWidth = scale;
  ctx.setLineDash([4 * scale, 4 * scale]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.font = FONT.replace("11px", `${11 * scale}px`);
  ctx.textAlign = "right";
  ctx.fillText(limit.label, left + width - 4 * scale, y + 14 * scale);
  ctx.restore();
}
