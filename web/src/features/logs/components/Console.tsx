/** The scrolling region: draws the rows on show and nothing else. */
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { usePreferences } from "@/lib/preferences";
import { columnsFor, textColumns, useMeasured } from "../hooks/useColumns";
import { useHeights } from "../hooks/useHeights";
import { useScroller } from "../hooks/useScroller";
import type { Viewer } from "../hooks/useViewer";
import type { Line, Span } from "../model/line";
import { type LineRange, picked } from "../model/permalink";
import type { RowMap } from "../model/rows";
import type { Marker } from "../model/search";
import type { Settings } from "../model/settings";
import { timeOf } from "../model/times";
import { BottomButton } from "./BottomButton";
import { drawn, Row } from "./Row";

type ConsoleProps = {
  viewer: Viewer;
  settings: Settings;
  range: LineRange | undefined;
  onRange(range: LineRange): void;
  marker: Marker;
  current: number | undefined;
  rawText: boolean;
  dimmed: boolean;
  onWhole(line: Line): void;
};

export function Console(props: ConsoleProps) {
  const { viewer, settings, range, onRange, current } = props;
  const { rows, list, session, dispatch, groups, folded, fold } = viewer;
  const { t, i18n } = useTranslation("logs");
  const { zone } = usePreferences();
  const probe = useRef<HTMLSpanElement>(null);
  const near = useRef({ first: 0, last: 0 });
  const width = useRef(0);
  const measured = useMeasured(probe);
  const columns = columnsFor(viewer.base?.store.total ?? 0, settings.times);
  const perLine = settings.wrap
    ? textColumns(width.current || 800, measured.character, columns)
    : undefined;
  const heights = useHeights({
    list,
    rows,
    hidden: `${session.cleared}/${[...folded].join()}`,
    rowPx: measured.row,
    perLine,
    near: near.current,
  });
  const scroller = useScroller({
    rows,
    heights,
    follow: session.follow,
    onUp: () => dispatch({ type: "scrolled-up" }),
    onBottom: () => dispatch({ type: "reached-bottom" }),
  });
  const { first, last, top } = scroller;
  const drawing = useRef(0);
  drawing.current += 1;
  near.current = { first: first - 200, last: last + 200 };
  width.current = scroller.width;

  useLayoutEffect(() => {
    const target = viewer.target.current;
    if (target === undefined || rows.total === 0) return;
    viewer.target.current = undefined;
    scroller.reveal(Math.min(target.place, rows.total - 1), target.align);
  });
  useEffect(() => {
    list?.look(spansOf(rows, first, last));
    viewer.topLine.current = list?.store.get(rows.placeOf(top))?.n ?? viewer.topLine.current;
  });

  const groupAt = new Map(groups.map((group) => [group.line, group.last - group.line]));
  const onFold = useFold(folded, fold);
  const start = viewer.job?.attempts.find((one) => one.number === viewer.attempt)?.started_at;
  const times = { mode: settings.times, zone, start: start ? Date.parse(start) : undefined };
  const widest = useRef(0);
  const shown: (Line | number)[] = [];
  for (let row = first; row < last; row += 1) {
    const line = list?.store.get(rows.placeOf(row));
    shown.push(line ?? row);
    if (line !== undefined) widest.current = Math.max(widest.current, drawn(line).text.length);
  }
  let before = first > 0 ? list?.store.get(rows.placeOf(first - 1)) : undefined;
  const gaps = (viewer.filter?.context ?? 0) > 0;

  const pick = (event: MouseEvent<HTMLDivElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-line]");
    const edge = event.currentTarget.getBoundingClientRect().left;
    if (row === null || event.clientX - edge > columns.gutter * measured.character + 24) return;
    onRange(picked(Number(row.dataset.line), event.shiftKey, range?.first));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") viewer.goToEnd("top");
    else if (event.key === "End") viewer.goToEnd("bottom");
    else return;
    event.preventDefault();
  };
  const style = {
    "--gutter": `${columns.gutter}ch`,
    "--time": `${columns.time}ch`,
    "--level": `${columns.level}ch`,
  } as CSSProperties;
  const least = columns.gutter + columns.time + columns.level + widest.current;

  return (
    <>
      <div
        ref={scroller.element}
        role="log"
        aria-live="off"
        aria-label={t("region")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable
        tabIndex={0}
        className={cn("log-scroll", settings.wrap && "log-wrap", props.dimmed && "log-dim")}
        style={style}
        // Another name each time: the router would put a scroll position of its own back.
        data-scroll-restoration-id={`log ${drawing.current}`}
        onScroll={scroller.onScroll}
        onClick={pick}
        onKeyDown={keys}
      >
        <span ref={probe} aria-hidden className="invisible absolute whitespace-pre">
          {"0".repeat(100)}
        </span>
        <div
          className="log-spacer"
          style={{
            height: scroller.spacer,
            width: settings.wrap ? undefined : `calc(${least}ch + 46px)`,
          }}
        >
          <div className="log-layer" style={{ transform: `translateY(${scroller.layer}px)` }}>
            {shown.map((line) => {
              if (typeof line === "number") return <Blank key={`row ${line}`} />;
              const time = timeOf(line.t, before?.t, times);
              const gap = gaps && before !== undefined && before.n + 1 !== line.n;
              before = line;
              return (
                <Row
                  key={line.n}
                  line={line}
                  language={i18n.language}
                  time={time}
                  marker={props.marker}
                  picked={range !== undefined && range.first <= line.n && line.n <= range.last}
                  current={line.n === current}
                  rawText={props.rawText}
                  gap={gap}
                  group={list === viewer.base ? groupAt.get(line.n) : undefined}
                  folded={folded.has(line.n)}
                  onFold={onFold}
                  onWhole={props.onWhole}
                />
              );
            })}
          </div>
        </div>
      </div>
      {heights.total > scroller.viewport && <BottomButton viewer={viewer} />}
    </>
  );
}

const Blank = () => (
  <div className="log-row log-blank" aria-hidden>
    <span className="log-text">····</span>
  </div>
);

/** The stretches of the list that the rows [first, last) stand for. */
function spansOf(rows: RowMap, first: number, last: number): Span[] {
  const spans: Span[] = [];
  for (let row = first; row < last; row += 1) {
    const place = rows.placeOf(row);
    const open = spans.at(-1);
    if (open !== undefined && open.to === place)
      spans[spans.length - 1] = { ...open, to: place + 1 };
    else spans.push({ from: place, to: place + 1 });
  }
  return spans;
}

/** Folds or opens the group that begins at a line; the same function as long as it lives. */
function useFold(folded: ReadonlySet<number>, fold: (folded: ReadonlySet<number>) => void) {
  const latest = useRef({ folded, fold });
  latest.current = { folded, fold };
  return useRef((line: number) => {
    const next = new Set(latest.current.folded);
    if (!next.delete(line)) next.add(line);
    latest.current.fold(next);
  }).current;
}
