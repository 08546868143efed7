/** Which columns of a table there is room for. */
import { type RefObject, useLayoutEffect, useState } from "react";

type Track = {
  /** A track of CSS grid: "120px", "minmax(160px, 2fr)". */
  width: string;
  /** Columns with a higher number go first where there is not room for all; none: it stays. */
  spare?: number;
};

/** The fewest pixels that a track takes. */
const least = ({ width }: Track): number => Number(/(\d+)px/.exec(width)?.[1] ?? 0);

/** Those of `columns` that fit side by side into `room` pixels. */
export function fitting<T extends Track>(columns: readonly T[], room: number): readonly T[] {
  let kept = columns;
  const going = columns
    .filter((column) => column.spare !== undefined)
    .sort((one, other) => (other.spare ?? 0) - (one.spare ?? 0));
  for (const next of going) {
    if (kept.reduce((sum, column) => sum + least(column), 0) <= room) break;
    kept = kept.filter((column) => column !== next);
  }
  return kept;
}

/** How wide an element is; without end until that is known. */
export function useRoom(ref: RefObject<HTMLElement | null>): number {
  const [room, setRoom] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const look = () => setRoom(element.clientWidth || Number.POSITIVE_INFINITY);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return room;
}
