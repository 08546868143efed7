/** What a page can know of its surroundings: the room that it has, and whether anybody looks. */
import { useEffect, useState, useSyncExternalStore } from "react";

function useMedia(media: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(media);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => matchMedia(media).matches,
  );
}

/** Whether there is room for tables (as Tailwind's `sm:`). */
export const useWide = (): boolean => useMedia("(min-width: 640px)");

/** Whether there is room for something beside a form (as Tailwind's `xl:`). */
export const useVeryWide = (): boolean => useMedia("(min-width: 1280px)");

/** Whether the page is on show, or was until less than `afterMs` ago. */
export function useOnShow(afterMs: number): boolean {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === "hidden") timer = setTimeout(setShown, afterMs, false);
      else setShown(true);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [afterMs]);
  return shown;
}
