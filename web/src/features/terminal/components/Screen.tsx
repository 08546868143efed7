/** xterm.js in a box: draws, fits itself, asks before a paste of lines, and can be left by key. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import "./screen.css";
import { useEffect, useRef } from "react";
import { bounded, type Size } from "../model/connection";
import { THEME } from "../model/theme";

/** What the page does with the screen. */
export type ScreenHandle = {
  size(): Size;
  draw(data: Uint8Array | string, done?: () => void): void;
  focus(): void;
  paste(text: string): void;
  selection(): string;
  /** Whether the program wants the other kind of arrow keys. */
  applicationKeys(): boolean;
  /** Whether a program (vi, less) has taken the other screen, which has no scroll-back. */
  otherScreen(): boolean;
};

type ScreenProps = {
  label: string;
  tooMuchOutput: string;
  screenReader: boolean;
  readOnly: boolean;
  onReady(screen: ScreenHandle | null): void;
  onType(text: string): void;
  onTypeBytes(text: string): void;
  onSize(size: Size): void;
  onPaste(text: string): void;
  onCopy(text: string): void;
  onLeave(): void;
};

const SCROLL_BACK = 10_000;

function openLink(event: MouseEvent, address: string): void {
  event.preventDefault();
  if (/^https?:\/\//i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
}

function create(): Terminal {
  const font = getComputedStyle(document.documentElement).getPropertyValue("--font-mono");
  return new Terminal({
    theme: THEME,
    fontFamily: font || "monospace",
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: SCROLL_BACK,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    minimumContrastRatio: 4.5,
    linkHandler: { activate: openLink },
    macOptionIsMeta: true,
  });
}

/** Keys that the page keeps for itself. */
function ownKey(event: KeyboardEvent): "leave" | "copy" | undefined {
  if (!event.ctrlKey) return undefined;
  if ((event.key === "Escape" && event.shiftKey) || event.key === "F6") return "leave";
  return event.shiftKey && event.key.toLowerCase() === "c" ? "copy" : undefined;
}

function handleOf(terminal: Terminal): ScreenHandle {
  return {
    size: () => bounded({ rows: terminal.rows, columns: terminal.cols }),
    draw: (data, done) => terminal.write(data, done),
    focus: () => terminal.focus(),
    paste: (text) => terminal.paste(text),
    selection: () => terminal.getSelection(),
    applicationKeys: () => terminal.modes.applicationCursorKeysMode,
    otherScreen: () => terminal.buffer.active.type === "alternate",
  };
}

/** Keeps the terminal as large as its box; returns how to stop. */
function keepFitting(terminal: Terminal, box: HTMLElement): () => void {
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const now = () => {
    const wanted = fit.proposeDimensions();
    if (wanted === undefined || Number.isNaN(wanted.cols) || Number.isNaN(wanted.rows)) return;
    const { rows, columns } = bounded({ rows: wanted.rows, columns: wanted.cols });
    if (rows !== terminal.rows || columns !== terminal.cols) terminal.resize(columns, rows);
  };
  let frame = 0;
  const watch = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(now);
  });
  now();
  watch.observe(box);
  return () => {
    cancelAnimationFrame(frame);
    watch.disconnect();
  };
}

export default function Screen(props: ScreenProps) {
  const box = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(undefined);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
    if (terminal.current === undefined) return;
    terminal.current.options.disableStdin = props.readOnly;
    terminal.current.options.screenReaderMode = props.screenReader;
    terminal.current.textarea?.setAttribute("aria-label", props.label);
  });

  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    let stop = () => {};
    let gone = false;
    const begin = () => {
      if (gone) return;
      const made = create();
      terminal.current = made;
      Terminal.strings.tooMuchOutput = latest.current.tooMuchOutput;
      made.attachCustomKeyEventHandler((event) => {
        const own = ownKey(event);
        if (own === undefined) return true;
        event.preventDefault();
        if (event.type === "keydown" && own === "leave") latest.current.onLeave();
        if (event.type === "keydown" && own === "copy") latest.current.onCopy(made.getSelection());
        return false;
      });
      made.open(place);
      made.textarea?.setAttribute("aria-label", latest.current.label);
      made.options.screenReaderMode = latest.current.screenReader;
      made.options.disableStdin = latest.current.readOnly;
      made.onData((text) => latest.current.onType(text));
      made.onBinary((text) => latest.current.onTypeBytes(text));
      made.onResize(({ rows, cols }) => latest.current.onSize({ rows, columns: cols }));
      const unfit = keepFitting(made, place);
      latest.current.onReady(handleOf(made));
      stop = () => {
        latest.current.onReady(null);
        unfit();
        made.dispose();
        terminal.current = undefined;
      };
    };
    // Cells are measured once, so the font has to be there first.
    document.fonts.load("13px 'Geist Mono Variable'").then(begin, begin);
    return () => {
      gone = true;
      stop();
    };
  }, []);

  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const paste = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      latest.current.onPaste(event.clipboardData?.getData("text/plain") ?? "");
    };
    place.addEventListener("paste", paste, { capture: true });
    return () => place.removeEventListener("paste", paste, { capture: true });
  }, []);

  return <div ref={box} className="terminal-screen absolute inset-0 overflow-hidden p-2" />;
}
