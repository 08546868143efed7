/** The server's clock as this page knows it, and the one ticker that all running times share. */
import { useSyncExternalStore } from "react";

let offset = 0; // ms to add to this machine's clock
let precise = false;
let heard = Date.now();

/** The server has just answered or sent something. */
export function noteHeard(): void {
  heard = Date.now();
}

let broke = 0;

/** The line to the server has just broken. */
export function noteBroken(): void {
  broke = Date.now();
}

/** Whether the server has been heard since the line last broke. */
export const heardSinceBreak = (): boolean => heard > broke;

/** When the server was last heard (ms, this machine's clock). */
export const lastHeard = (): number => heard;

/** From a `Date` header, which only knows seconds; a ping's time is better and wins. */
export function noteServerTime(date: string | null): void {
  const at = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at) || precise) return;
  // The header cuts off the fraction; half a second is its expected size.
  const estimate = at + 500 - Date.now();
  if (Math.abs(estimate - offset) > 1000) offset = estimate;
}

/** From a ping of the live socket, which knows milliseconds. */
export function notePing(at: string): void {
  const parsed = Date.parse(at);
  if (Number.isNaN(parsed)) return;
  precise = true;
  offset = parsed - Date.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = (): number => Date.now() + offset;

export function resetClock(): void {
  broke = 0;
  offset = 0;
  precise = false;
}

const TICK = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let shown = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    shown = serverNow();
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function snapshot(): number {
  // Between two ticks the answer stays the same, as React asks of a snapshot.
  if (timer === undefined || shown === 0) shown = Math.floor(serverNow() / TICK) * TICK;
  return shown;
}

const still = () => () => {};

/** The server's time, anew each second while `running`. */
export const useNow = (running = true): number =>
  useSyncExternalStore(running ? subscribe : still, snapshot);
