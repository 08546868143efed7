/** Heights of the rows on show, kept current as lines arrive. */
import { useMemo, useRef } from "react";
import { drawn } from "../components/Row";
import type { LogReader } from "../data/reader";
import { FixedHeights, type Heights, WrappedHeights } from "../model/heights";
import type { Line } from "../model/line";
import type { RowMap } from "../model/rows";
import { columnsOf, screenLines } from "../model/wrap";

const widths = new WeakMap<Line, number>();

function widthOf(line: Line): number {
  let known = widths.get(line);
  if (known === undefined) {
    known = columnsOf(drawn(line).text);
    widths.set(line, known);
  }
  return known;
}

type Options = {
  list: LogReader | undefined;
  rows: RowMap;
  /** Changes when other rows are hidden than before. */
  hidden: unknown;
  rowPx: number;
  /** Undefined: lines are not wrapped. */
  perLine: number | undefined;
  /** Rows around which to look. */
  near: { first: number; last: number };
};

export function useHeights({ list, rows, hidden, rowPx, perLine, near }: Options): Heights {
  const latest = useRef(rows);
  latest.current = rows;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other hidden rows have other heights
  const heights = useMemo(() => {
    if (perLine === undefined) return new FixedHeights(0, rowPx);
    return new WrappedHeights(0, rowPx, (row) => {
      const line = list?.store.get(latest.current.placeOf(row));
      return line && screenLines(widthOf(line), perLine);
    });
  }, [list, hidden, rowPx, perLine]);
  heights.resize(rows.count);
  if (heights instanceof WrappedHeights) {
    heights.refresh(Math.max(0, near.first), Math.min(near.last, rows.count));
    heights.refresh(Math.max(0, rows.count - 1), rows.count);
  }
  return heights;
}
