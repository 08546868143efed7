/** The list that stands in for a table on phones: cards of any number, in the page's own scroll. */
import { useWindowVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useRef, useState } from "react";

/** As the browser tells it, before it paints; what it has not told yet is not asked for. */
function sizeTold(
  card: Element,
  told: ResizeObserverEntry | undefined,
  list: Virtualizer<Window, Element>,
): number {
  const box = told?.borderBoxSize[0];
  if (box !== undefined) return Math.round(box.blockSize);
  const index = list.indexFromElement(card);
  return list.measurementsCache[index]?.size ?? list.options.estimateSize(index);
}

type CardListProps<T> = {
  label: string;
  rows: readonly T[];
  rowId(row: T): string;
  card(row: T): ReactNode;
  /** The usual height of a card, in pixels: what differs is put right when it is drawn, and moves
   * the list of whoever comes back to it. */
  height(row: T): number;
  onEndReached?(): void;
};

const AHEAD = 10;

/** Drawn anew when the row or the way to draw it changes, not when the list is scrolled. */
const Content = memo(({ row, card }: { row: unknown; card(row: unknown): ReactNode }) => card(row));

export function CardList<T>({ label, rows, rowId, card, height, onEndReached }: CardListProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  const [margin, setMargin] = useState(0);
  // After the painting: to ask before would have the page laid out within the same task.
  useEffect(() => {
    const place = list.current?.getBoundingClientRect();
    if (place !== undefined) setMargin(Math.round(place.top + scrollY));
  });
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => height(rows[index] as T),
    overscan: 8,
    scrollMargin: margin,
    // The first drawing has its cards; when it is measured, only their places change.
    measureElement: sizeTold,
    initialRect: { width: innerWidth, height: innerHeight },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD) onEndReached?.();
  }, [last, rows.length, onEndReached]);
  return (
    <ul
      ref={list}
      aria-label={label}
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {items.map((item) => {
        const row = rows[item.index];
        if (row === undefined) return null;
        return (
          <li
            key={rowId(row)}
            ref={virtual.measureElement}
            data-index={item.index}
            aria-setsize={rows.length}
            aria-posinset={item.index + 1}
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
          >
            <Content row={row} card={card as (row: unknown) => ReactNode} />
          </li>
        );
      })}
    </ul>
  );
}
