/** The height that the keyboard of a phone leaves free. */
import { useEffect, useState } from "react";

/** Pixels; undefined where the browser does not say, and where no keyboard is in the way. */
export function useVisibleHeight(): number | undefined {
  const [height, setHeight] = useState<number>();
  useEffect(() => {
    const view = window.visualViewport;
    if (view === null) return;
    const read = () => {
      // A page that was zoomed by hand keeps its layout.
      const covered = view.scale === 1 && view.height < window.innerHeight - 1;
      setHeight(covered ? view.height : undefined);
    };
    read();
    view.addEventListener("resize", read);
    return () => view.removeEventListener("resize", read);
  }, []);
  return height;
}
