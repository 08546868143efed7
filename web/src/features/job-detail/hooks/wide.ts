/** Whether there is room for more than a phone's column. */
import { useSyncExternalStore } from "react";

const query = () => matchMedia("(min-width: 640px)");

function subscribe(changed: () => void): () => void {
  const media = query();
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}

export const useWide = (): boolean => useSyncExternalStore(subscribe, () => query().matches);
