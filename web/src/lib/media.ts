/** What kind of screen this is, as far as layout in code needs to know. */
import { useSyncExternalStore } from "react";

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
