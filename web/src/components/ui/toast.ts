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

let mounted = () => {};
const place = new Promise<void>((resolve) => {
  mounted = resolve;
});

/** Said by the place of toasts once it is there: what is shown before that is lost. */
export const toasterMounted = (): void => mounted();

async function shower() {
  wanted = true;
  for (const listener of listeners) listener();
  await place;
  return (await import("sonner")).toast;
}

export const toast = {
  done: (text: string, action?: Action) =>
    void shower().then((show) => show.success(text, { action })),
  failed: (text: string, detail?: string) =>
    void shower().then((show) => show.error(text, { description: detail })),
  info: (text: string, action?: Action) => void shower().then((show) => show(text, { action })),
};
