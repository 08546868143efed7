/** Short messages after an action: what was done, with a link or Undo. */
import { useSyncExternalStore } from "react";

type Action = { label: string; onClick(): void };

let wanted = false;
const listeners = new Set<() => void>();

/** Whether a toast has been shown yet: its code is fetched with the first one. */
export const useToastsWanted = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => wanted,
  );

async function shower() {
  wanted = true;
  for (const listener of listeners) listener();
  return (await import("sonner")).toast;
}

export const toast = {
  done: (text: string, action?: Action) =>
    void shower().then((show) => show.success(text, { action })),
  failed: (text: string, detail?: string) =>
    void shower().then((show) => show.error(text, { description: detail })),
  info: (text: string, action?: Action) => void shower().then((show) => show(text, { action })),
};
