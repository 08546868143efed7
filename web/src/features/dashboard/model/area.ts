/** The shape of a small area chart: where its line goes, and where nothing was measured. */

const HOUR = 3_600_000;

export type Point = readonly [at: number, value: number];

/** Points as stretches without a hole longer than `gap` (ms). */
export function stretches(points: readonly Point[], gap: number): Point[][] {
  const found: Point[][] = [];
  let before: Point | undefined;
  for (const point of points) {
    const current = found.at(-1);
    if (current === undefined || before === undefined || point[0] - before[0] > gap) {
      found.push([point]);
    } else {
      current.push(point);
    }
    before = point;
  }
  return found;
}

type Box = { width: number; height: number };

/** The path of one stretch; values from 0 to 1 fill the height. */
export function linePath(points: readonly Point[], range: readonly [number, number], box: Box) {
  const [start, end] = range;
  const place = ([at, value]: Point) => {
    const x = ((at - start) / Math.max(1, end - start)) * box.width;
    const y = box.height - Math.min(1, Math.max(0, value)) * box.height;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return points.map((point, index) => `${index === 0 ? "M" : "L"}${place(point)}`).join("");
}

/** The same, closed at the bottom. */
export function areaPath(points: readonly Point[], range: readonly [number, number], box: Box) {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return "";
  const x = (at: number) =>
    (((at - range[0]) / Math.max(1, range[1] - range[0])) * box.width).toFixed(1);
  return `${linePath(points, range, box)}L${x(last[0])} ${box.height}L${x(first[0])} ${box.height}Z`;
}

/** Averages per hour, for the table. */
export function perHour(points: readonly Point[]): Point[] {
  const hours = new Map<number, number[]>();
  for (const [at, value] of points) {
    const hour = Math.floor(at / HOUR) * HOUR;
    hours.set(hour, [...(hours.get(hour) ?? []), value]);
  }
  return [...hours].map(([hour, values]) => [
    hour,
    values.reduce((sum, value) => sum + value, 0) / values.length,
  ]);
}

/** What the axis spans: a young server's short history is not squeezed into a corner of the day. */
export function axis(points: readonly Point[], range: readonly [number, number]) {
  const [start, end] = range;
  const first = points[0]?.[0] ?? end;
  return [Math.max(start, Math.min(first, end - HOUR)), end] as const;
}
