/** Keyboard shortcuts: one key, two in a row ("g j"), or with Ctrl/Cmd; off while one types. */
import { useEffect, useRef } from "react";
import { preferences } from "./preferences";

export type Shortcut = {
  /** "j", "Escape", "mod+k" (Ctrl or Cmd), "g j" (one after the other). */
  keys: string;
  /** What it does, for the list of shortcuts: there is none that the list does not name. */
  label: string;
  group?: "everywhere" | "go" | "page";
  /** Whether the key means this now; left alone otherwise (Enter on a focused link). */
  when?: () => boolean;
  run(event: KeyboardEvent): void;
};

type Registration = { current: readonly Shortcut[] };

const registrations = new Set<Registration>();
const SEQUENCE_MS = 1200;
let pending = "";
let pendingUntil = 0;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select, [role=textbox]") ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button|range)$/.test(target.type)));

/** A window above the page has the keys to itself. */
const hasWindow = () => document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;

function nameOf(event: KeyboardEvent): string {
  return event.ctrlKey || event.metaKey ? `mod+${event.key.toLowerCase()}` : event.key;
}

function find(keys: string): Shortcut | undefined {
  // The page on top registered last and wins.
  for (const registration of [...registrations].reverse()) {
    const hit = registration.current.find((one) => one.keys === keys && (one.when?.() ?? true));
    if (hit !== undefined) return hit;
  }
  return undefined;
}

const startsSequence = (key: string): boolean =>
  [...registrations].some(({ current }) => current.some((one) => one.keys.startsWith(`${key} `)));

/** Runs what the key stands for; exported for tests. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const key = nameOf(event);
  const plain = !key.startsWith("mod+");
  const { target } = event;
  // Escape empties a search; from an empty one it leads back to the page and its keys.
  if (key === "Escape" && target instanceof HTMLInputElement && target.type === "search") {
    if (target.value === "") target.blur();
  }
  if (plain && (!preferences().shortcuts || isTyping(target) || hasWindow())) return;
  const sequence = Date.now() < pendingUntil ? `${pending} ${key}` : key;
  const hit = find(sequence) ?? find(key);
  pending = "";
  pendingUntil = 0;
  if (hit !== undefined) {
    event.preventDefault();
    hit.run(event);
  } else if (plain && startsSequence(key)) {
    pending = key;
    pendingUntil = Date.now() + SEQUENCE_MS;
  }
}

let listening = false;

/** Offers shortcuts while the component is mounted. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const registration = useRef<readonly Shortcut[]>(shortcuts);
  useEffect(() => {
    registration.current = shortcuts;
  });
  useEffect(() => {
    if (!listening) {
      listening = true;
      addEventListener("keydown", handleKey);
    }
    registrations.add(registration);
    return () => void registrations.delete(registration);
  }, []);
}

/** All that can be pressed now, for the list of shortcuts. */
export const activeShortcuts = (): Shortcut[] =>
  [...registrations].flatMap(({ current }) => current);
