/** What a page can know of its surroundings: the room that it has, and whether anybody looks. */
import { useEffect, useState, useSyncExternalStore } from "react";

const WIDE = "(min-width: 640px)";

/** Whether there is room for tables (as Tailwind's `sm:`). */
export const useWide = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      const query = matchMedia(WIDE);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => matchMedia(WIDE).matches,
  );

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
