/** A table of any length in the page's own scroll: only the rows in sight are in the document. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { usePreferences } from "@/lib/preferences";
import { fitting, useRoom } from "./columns";
import { type Selection, useRanges } from "./ranges";
import { Checkbox } from "./Toggle";

export type Column<T> = {
  id: string;
  title: string;
  cell(row: T): ReactNode;
  /** A track of CSS grid: "120px", "minmax(160px, 2fr)". */
  width: string;
  /** Columns with a higher number go first where there is not room for all; none: it stays. */
  spare?: number;
  /** Numbers stand on the right. */
  numeric?: boolean;
  /** How the rows are ordered by this column, if they are; with `onSort` its head is a button. */
  sorted?: "ascending" | "descending" | undefined;
  onSort?: () => void;
};

type DataTableProps<T> = {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowId(row: T): string;
  /** What a row is called, for the box that selects it. */
  rowName(row: T): string;
  selection?: Selection;
  /** The row that keys have moved to. */
  activeId?: string | undefined;
  onEndReached?(): void;
  /** Rows that exist but are not all here yet; -1 when not known. */
  total?: number;
};

const SELECT_WIDTH = 40;
const HEIGHTS = { comfortable: 40, compact: 32 };
const AHEAD = 20;

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, rows, rowId, rowName, selection, activeId, onEndReached, total } = props;
  const { density } = usePreferences();
  const height = HEIGHTS[density];
  const { body, virtual } = useRows(rows.length, height);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD) onEndReached?.();
  }, [last, rows.length, onEndReached]);
  const activeIndex =
    activeId === undefined ? -1 : rows.findIndex((row) => rowId(row) === activeId);
  useEffect(() => {
    if (activeIndex >= 0) virtual.scrollToIndex(activeIndex, { align: "auto" });
  }, [activeIndex, virtual]);
  const table = useRef<HTMLDivElement>(null);
  const room = useRoom(table) - (selection ? SELECT_WIDTH : 0);
  const columns = fitting(props.columns, room);
  const tracks = [selection && `${SELECT_WIDTH}px`, ...columns.map((column) => column.width)]
    .filter(Boolean)
    .join(" ");
  const choose = useRanges(() => rows.map(rowId), selection);
  return (
    <div ref={table} role="table" aria-label={label} aria-rowcount={(total ?? rows.length) + 1}>
      <HeadRow columns={columns} tracks={tracks}>
        {selection && <SelectAll rows={rows} rowId={rowId} {...selection} />}
      </HeadRow>
      <div
        ref={body}
        role="rowgroup"
        className="relative"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const id = rowId(row);
          const chosen = selection?.selected.has(id) ?? false;
          return (
            <div
              key={id}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={selection && chosen}
              data-row={id}
              className={cn(
                "absolute inset-x-0 top-0 grid items-center border-b border-hairline hover:bg-raised",
                chosen && "bg-raised shadow-[inset_2px_0_0_var(--c-brand)]",
                id === activeId && "shadow-[inset_2px_0_0_var(--c-focus)]",
              )}
              style={{
                gridTemplateColumns: tracks,
                height,
                transform: `translateY(${item.start - virtual.options.scrollMargin}px)`,
              }}
            >
              {selection && (
                // Above a cell's link that reaches over its whole row.
                <span role="cell" className="relative z-1 grid place-items-center">
                  <Checkbox
                    checked={chosen}
                    onChange={(on, shift) => choose(id, on, shift)}
                    label={rowName(row)}
                  />
                </span>
              )}
              {columns.map((column) => (
                <span
                  key={column.id}
                  role="cell"
                  className={cn("min-w-0 truncate px-3", column.numeric && "numeric text-right")}
                >
                  {column.cell(row)}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useRows(count: number, height: number) {
  const body = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  // Where the first row is in the page; what stands above it may grow or shrink.
  useLayoutEffect(() => {
    const place = body.current?.getBoundingClientRect();
    if (place !== undefined) setMargin(Math.round(place.top + scrollY));
  });
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: margin,
    initialRect: { width: innerWidth, height: innerHeight }, // the first drawing has its rows
    scrollPaddingStart: 112,
    scrollPaddingEnd: 48,
  });
  useEffect(() => {
    virtual.options.estimateSize = () => height;
    virtual.measure();
  }, [height, virtual]);
  return { body, virtual };
}

type HeadRowProps<T> = { columns: readonly Column<T>[]; tracks: string; children: ReactNode };

const HeadRow = <T,>({ columns, tracks, children }: HeadRowProps<T>) => (
  <div role="rowgroup" className="sticky top-0 z-10 rounded-t-card bg-surface">
    <div
      role="row"
      aria-rowindex={1}
      className="grid h-9 items-center border-b border-hairline text-sm text-muted"
      style={{ gridTemplateColumns: tracks }}
    >
      {children}
      {columns.map((column) => (
        <span
          key={column.id}
          role="columnheader"
          aria-sort={column.sorted}
          className={cn("truncate px-3", column.numeric && "text-right")}
        >
          {column.onSort === undefined ? column.title : <SortButton column={column} />}
        </span>
      ))}
    </div>
  </div>
);

function SortButton<T>({ column }: { column: Column<T> }) {
  const Arrow = column.sorted === "ascending" ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      onClick={column.onSort}
      className="inline-flex h-8 items-center gap-1 rounded-sm hover:text-text"
    >
      {column.title}
      <Arrow size={14} aria-hidden className={cn(column.sorted === undefined && "invisible")} />
    </button>
  );
}

type SelectAllProps<T> = Selection & { rows: readonly T[]; rowId(row: T): string };

function SelectAll<T>({ rows, rowId, selected, onSelect }: SelectAllProps<T>) {
  const { t } = useTranslation();
  const count = rows.filter((row) => selected.has(rowId(row))).length;
  const checked = count > 0 && count < rows.length ? "indeterminate" : count > 0;
  return (
    <span role="columnheader" className="grid place-items-center">
      <Checkbox
        checked={checked}
        onChange={(on) => onSelect(new Set(on ? rows.map(rowId) : []))}
        label={t("action.selectAll")}
      />
    </span>
  );
}
