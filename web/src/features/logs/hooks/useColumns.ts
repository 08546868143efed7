/** The widths of the console's columns, in characters, and of a character in pixels. */
import { type RefObject, useLayoutEffect, useState } from "react";
import type { TimeMode } from "../model/settings";

const TIME_COLUMNS: Readonly<Record<TimeMode, number>> = { off: 0, clock: 13, rel: 13, delta: 11 };
/** Wide enough for "stderr" and a space. */
const LEVEL_COLUMNS = 7;
/** Paddings and borders of a row: 8 + 12 + 2 + 4 + 16. */
const EXTRA_PX = 42;

export type Columns = { gutter: number; time: number; level: number };

export function columnsFor(total: number, times: TimeMode): Columns {
  // A separator for every three digits.
  const digits = String(Math.max(total, 1)).length;
  const gutter = Math.max(3, digits + Math.floor((digits - 1) / 3));
  return { gutter, time: TIME_COLUMNS[times], level: LEVEL_COLUMNS };
}

/** Characters of text that fit beside the columns. */
export function textColumns(width: number, character: number, columns: Columns): number {
  const taken = columns.gutter + columns.time + columns.level;
  return Math.max(10, Math.floor((width - EXTRA_PX) / character) - taken);
}

export type Measured = { character: number; row: number };

/** Measures a probe of 100 characters, again when the font has arrived. */
export function useMeasured(probe: RefObject<HTMLElement | null>): Measured {
  const [measured, setMeasured] = useState<Measured>({ character: 7.5, row: 20 });
  useLayoutEffect(() => {
    const measure = () => {
      const box = probe.current?.getBoundingClientRect();
      if (box === undefined || box.width === 0) return;
      const next = { character: box.width / 100, row: box.height };
      setMeasured((now) => (now.character === next.character && now.row === next.row ? now : next));
    };
    measure();
    void document.fonts?.ready.then(measure);
    const observer = new ResizeObserver(measure);
    if (probe.current !== null) observer.observe(probe.current);
    return () => observer.disconnect();
  }, [probe]);
  return measured;
}
