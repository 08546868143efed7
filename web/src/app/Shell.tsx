/** The frame of every page. */
import type { ReactNode } from "react";

export function Shell({ children }: { children: ReactNode }) {
  return (
    <main id="main" tabIndex={-1}>
      {children}
    </main>
  );
}
