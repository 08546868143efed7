/** Arrows that move within a few buttons and choose where they come to. */
import type { KeyboardEvent } from "react";

const SIDEWAYS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
const ALL: Readonly<Record<string, number>> = { ...SIDEWAYS, ArrowDown: 1, ArrowUp: -1 };

/** What a key moves to among `count` places; undefined: it is none that moves. */
function placeOf(key: string, from: number, count: number, role: "radio" | "tab") {
  if (role === "tab" && key === "Home") return 0;
  if (role === "tab" && key === "End") return count - 1;
  const step = (role === "tab" ? SIDEWAYS : ALL)[key];
  return step === undefined ? undefined : (from + step + count) % count;
}

/** Handles a key pressed within a group of `role`: focuses and clicks the button it leads to. */
export function chooseByArrows(event: KeyboardEvent<HTMLElement>, role: "radio" | "tab"): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>(`[role=${role}]`)];
  const from = all.indexOf(document.activeElement as HTMLElement);
  const place = from < 0 ? undefined : placeOf(event.key, from, all.length, role);
  const next = place === undefined ? undefined : all[place];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.click();
}
