/** The screen of a shell: xterm.js, and the connection behind it. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { needsGuard, withControl } from "../model/keys";
import { addressOf, type Ended, Session } from "../model/session";

/** What the page can ask of the screen. */
export type Handle = {
  type(text: string): void;
  /** As a terminal pastes: programs that know it are told. */
  paste(text: string): void;
  focus(): void;
  application(): boolean;
};

export type ScreenProps = {
  jobId: string;
  /** Another number opens another shell on the same screen. */
  round: number;
  screenReader: boolean;
  /** Whether the next character goes with Ctrl. */
  control: boolean;
  onControlUsed(): void;
  onReady(handle: Handle): void;
  onOpen(): void;
  onEnd(end: Ended): void;
  /** A text of several lines is to be pasted. */
  onGuard(text: string): void;
  /** The person wants out of the terminal by keyboard. */
  onLeave(): void;
};

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function makeTerminal(): Terminal {
  const background = colour("--c-console") || "#0A0D13";
  const foreground = colour("--c-console-text") || "#D7DCE5";
  return new Terminal({
    fontFamily: '"Geist Mono Variable", ui-monospace, monospace',
    fontSize: matchMedia("(max-width: 640px)").matches ? 13 : 14,
    lineHeight: 1.2,
    scrollback: 5000,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    minimumContrastRatio: 4.5,
    theme: { background, foreground, cursor: foreground, selectionBackground: "#2B6CEE80" },
  });
}

export default function Screen(props: ScreenProps) {
  const { t } = useTranslation("terminal");
  const box = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(null);
  const session = useRef<Session>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const label = t("input");

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    Terminal.strings.promptLabel = label;
    const screen = makeTerminal();
    const fit = new FitAddon();
    screen.loadAddon(fit);
    screen.open(element);
    fit.fit();
    terminal.current = screen;
    screen.onData((text) => {
      const { control, onControlUsed } = latest.current;
      session.current?.type(control ? withControl(text) : text);
      if (control) onControlUsed();
    });
    screen.onResize(({ rows, cols }) => session.current?.resize({ rows, columns: cols }));
    screen.attachCustomKeyEventHandler((event) => {
      if (event.key !== "F6" || !event.ctrlKey) return true;
      if (event.type === "keydown") latest.current.onLeave();
      return false;
    });
    const onPaste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!needsGuard(text)) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current.onGuard(text);
    };
    element.addEventListener("paste", onPaste, true);
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(element);
    latest.current.onReady({
      type: (text) => session.current?.type(text),
      paste: (text) => screen.paste(text),
      focus: () => screen.focus(),
      application: () => screen.modes.applicationCursorKeysMode,
    });
    return () => {
      observer.disconnect();
      element.removeEventListener("paste", onPaste, true);
      screen.dispose();
      terminal.current = null;
    };
  }, [label]);

  const { jobId, round, screenReader } = props;
  useEffect(() => {
    const screen = terminal.current;
    if (screen === null) return;
    if (round > 0) screen.write("\r\n");
    const opened = new Session(addressOf(jobId, { rows: screen.rows, columns: screen.cols }), {
      onOpen: () => latest.current.onOpen(),
      onBytes: (bytes, taken) => screen.write(bytes, taken),
      onEnd: (end) => latest.current.onEnd(end),
    });
    session.current = opened;
    screen.focus();
    return () => opened.close();
  }, [jobId, round]);

  useEffect(() => {
    if (terminal.current !== null) terminal.current.options.screenReaderMode = screenReader;
  }, [screenReader]);

  return <div ref={box} className="h-full min-h-0 w-full overflow-hidden" />;
}
