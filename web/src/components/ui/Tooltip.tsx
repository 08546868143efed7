/** A few words that appear on hover and keyboard focus; never the only name of a thing. */
import {
  cloneElement,
  type FocusEvent,
  isValidElement,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";

type Side = "top" | "right";
type TooltipProps = { text: ReactNode; children: ReactElement; side?: Side };

const DELAY_MS = 400;
const GAP = 6;
const EDGE = 8;

/** Where a box of `size` goes beside `anchor` so that it stays in the window. */
export function placeTooltip(
  anchor: DOMRect,
  size: { width: number; height: number },
  side: Side,
  view: { width: number; height: number },
): { left: number; top: number } {
  const clamp = (value: number, most: number) => Math.max(EDGE, Math.min(value, most - EDGE));
  if (side === "right") {
    const top = anchor.top + (anchor.height - size.height) / 2;
    return { left: anchor.right + GAP, top: clamp(top, view.height - size.height) };
  }
  const above = anchor.top - GAP - size.height;
  const left = anchor.left + (anchor.width - size.width) / 2;
  return {
    left: clamp(left, view.width - size.width),
    top: above >= EDGE ? above : anchor.bottom + GAP,
  };
}

type Handlers = {
  onPointerEnter?: (event: PointerEvent) => void;
  onPointerLeave?: (event: PointerEvent) => void;
  onFocus?: (event: FocusEvent) => void;
  onBlur?: (event: FocusEvent) => void;
  "aria-describedby"?: string;
};

export function Tooltip({ text, children, side = "top" }: TooltipProps) {
  const id = useId();
  const [anchor, setAnchor] = useState<Element | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hide = () => {
    clearTimeout(timer.current);
    setAnchor(null);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (anchor === null) return;
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && setAnchor(null);
    addEventListener("keydown", onKey);
    addEventListener("scroll", hide, true);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("scroll", hide, true);
    };
  });
  if (!isValidElement<Handlers>(children)) return children;
  const own = children.props;
  const trigger = cloneElement(children, {
    onPointerEnter(event: PointerEvent) {
      own.onPointerEnter?.(event);
      const target = event.currentTarget;
      clearTimeout(timer.current);
      if (event.pointerType === "mouse") timer.current = setTimeout(setAnchor, DELAY_MS, target);
    },
    onPointerLeave(event: PointerEvent) {
      own.onPointerLeave?.(event);
      hide();
    },
    onFocus(event: FocusEvent) {
      own.onFocus?.(event);
      if (event.currentTarget.matches(":focus-visible")) setAnchor(event.currentTarget);
    },
    onBlur(event: FocusEvent) {
      own.onBlur?.(event);
      hide();
    },
    ...(anchor !== null && own["aria-describedby"] === undefined ? { "aria-describedby": id } : {}),
  });
  return (
    <>
      {trigger}
      {anchor !== null && (
        <Bubble id={id} anchor={anchor} side={side}>
          {text}
        </Bubble>
      )}
    </>
  );
}

type BubbleProps = { id: string; anchor: Element; side: Side; children: ReactNode };

function Bubble({ id, anchor, side, children }: BubbleProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const view = { width: document.documentElement.clientWidth, height: innerHeight };
    const size = { width: element.offsetWidth, height: element.offsetHeight };
    const { left, top } = placeTooltip(anchor.getBoundingClientRect(), size, side, view);
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  });
  return createPortal(
    <div
      ref={box}
      id={id}
      role="tooltip"
      className="pointer-events-none fixed top-0 left-0 z-60 max-w-72 animate-appear rounded-control bg-text px-2 py-1 text-xs text-bg shadow-float"
    >
      {children}
    </div>,
    document.body,
  );
}
