/** Numbers behind the charts: ticks, figures for the text summary, rows for the table. */

export type Values = readonly (number | null)[];

export type Figures = { last: number; least: number; most: number; mean: number };

/** What a series says in four numbers; none when it has no value at all. */
export function figuresOf(values: Values): Figures | null {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return null;
  let least = last;
  let most = last;
  let sum = 0;
  for (const value of known) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  return { last, least, most, mean: sum / known.length };
}

/** The top of an axis that starts at zero: the least round number that holds everything. */
export function roundTop(most: number, binary = false): number {
  if (most <= 0) return 1;
  const base = binary ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 1;
  const inner = most / base;
  const power = 10 ** Math.floor(Math.log10(inner));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * power >= inner - 1e-9) ?? 10;
  return Number((step * power).toPrecision(12)) * base;
}

/** At most `most` indexes of `count`, evenly, the first and the last one included. */
export function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  const step = (count - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => Math.round(index * step));
}

/** Indexes of the values that have no neighbour. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

/** The points of a line in a box of `width` by `height`, as an SVG path; gaps stay gaps. */
export function linePath(values: Values, width: number, height: number, top: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = (index * step).toFixed(1);
    const y = (height - (Math.min(value, top) / top) * height).toFixed(1);
    path += `${drawing ? "L" : "M"}${x} ${y}`;
    drawing = true;
  });
  return path;
}
