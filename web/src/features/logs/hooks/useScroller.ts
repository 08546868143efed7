/** Binds the window model to a scrolling element: which rows to draw, and where. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import { flushSync } from "react-dom";
import type { Heights } from "../model/heights";
import type { RowMap } from "../model/rows";
import { ScrollWindow, SPACER_CAP, spacerHeight } from "../model/window";

const OVERSCAN = 10;
const SETTLE_MS = 160;

type Options = {
  rows: RowMap;
  heights: Heights;
  /** Whether the view stays at the bottom. */
  follow: boolean;
  onUp(): void;
  onBottom(): void;
};

export type Align = "start" | "centre";

export type Scroller = {
  readonly element: RefObject<HTMLDivElement | null>;
  readonly width: number;
  readonly viewport: number;
  /** Rows to draw. */
  readonly first: number;
  readonly last: number;
  /** The first row that is seen. */
  readonly top: number;
  readonly spacer: number;
  /** Where the first drawn row goes within the spacer. */
  readonly layer: number;
  readonly onScroll: () => void;
  /** Goes to a place of the list. */
  readonly reveal: (place: number, align: Align) => void;
};

type Anchor = { place: number; px: number };

export function useScroller(options: Options): Scroller {
  const { rows, heights, follow } = options;
  const element = useRef<HTMLDivElement>(null);
  const view = useRef(new ScrollWindow()).current;
  const anchor = useRef<Anchor>({ place: 0, px: 0 });
  const seenScroll = useRef(0);
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(options);
  latest.current = options;
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const size = useSize(element);

  const content = heights.total;
  place(view, content, size.height, () => {
    if (follow) return Number.MAX_SAFE_INTEGER;
    return heights.offsetOf(rows.rowOf(anchor.current.place)) + anchor.current.px;
  });
  const top = heights.rowAt(view.top);
  const first = Math.max(0, top - OVERSCAN);
  const last = Math.min(rows.count, heights.rowAt(view.top + size.height) + OVERSCAN + 1);

  const hold = useCallback(() => {
    const { rows, heights } = latest.current;
    const row = heights.rowAt(view.top);
    anchor.current = { place: rows.placeOf(row), px: view.top - heights.offsetOf(row) };
  }, [view]);

  const push = useCallback(() => {
    const { current } = element;
    if (current === null) return;
    // What nobody moved is left alone: the element may be ahead of its own event.
    if (Math.abs(view.scrollTop - seenScroll.current) < 0.5) return;
    current.scrollTop = view.scrollTop;
    view.scrollTop = current.scrollTop;
    seenScroll.current = current.scrollTop;
  }, [view]);

  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const most = current.scrollHeight - current.clientHeight;
    if (follow && current.scrollTop < Math.min(seenScroll.current, most) - 1) {
      return; // Somebody scrolled up and the event is still on its way: theirs wins.
    }
    push();
    if (follow) hold();
  });

  const onScroll = useCallback(() => {
    const { current } = element;
    if (current === null || Math.abs(current.scrollTop - seenScroll.current) < 0.5) return;
    const before = view.top;
    view.scrollTop = seenScroll.current;
    view.scrolled(current.scrollTop);
    seenScroll.current = current.scrollTop;
    hold();
    if (view.stuck && view.settle() !== undefined) push();
    clearTimeout(settling.current);
    settling.current = setTimeout(() => {
      if (view.settle() !== undefined) flushSync(draw);
    }, SETTLE_MS);
    flushSync(() => {
      if (view.top < before - 0.5) latest.current.onUp();
      else if (view.top >= view.most - 1) latest.current.onBottom();
      draw();
    });
  }, [view, hold, push]);

  const reveal = useCallback(
    (target: number, align: Align) => {
      const { rows, heights } = latest.current;
      const offset = heights.offsetOf(rows.rowOf(target));
      const above = align === "start" ? 0 : Math.max(0, view.extent.viewport / 2 - 40);
      view.moveTo(offset - above);
      hold();
      draw();
    },
    [view, hold],
  );

  useEffect(() => () => clearTimeout(settling.current), []);

  return {
    element,
    width: size.width,
    viewport: size.height,
    first,
    last,
    top,
    spacer: spacerHeight(content),
    layer: view.scrollTop + heights.offsetOf(first) - view.top,
    onScroll,
    reveal,
  };
}

/** Brings the window to the position that is wanted in a list that may have grown. */
function place(view: ScrollWindow, content: number, viewport: number, wanted: () => number): void {
  const grown = view.extent.content !== content || view.extent.viewport !== viewport;
  const capped = content > SPACER_CAP && view.extent.content > SPACER_CAP;
  view.extent = { content, viewport };
  const top = Math.min(Math.max(0, wanted()), view.most);
  if (Math.abs(top - view.top) < 0.01 && (!grown || capped)) return;
  view.moveTo(top);
}

/** Width and height inside an element, kept current. */
function useSize(element: RefObject<HTMLDivElement | null>): { width: number; height: number } {
  const size = useRef({ width: 0, height: 0 });
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = current;
      if (width === size.current.width && height === size.current.height) return;
      size.current = { width, height };
      draw();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size.current;
}
