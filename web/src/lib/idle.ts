/** Waiting until a browser has nothing better to do. */

/** Then at the latest. */
const PATIENCE_MS = 1500;

/**
 * `load`, once the page is painted: for menus and the like, whose code would otherwise come in
 * between what a person waits for.
 */
export async function whenIdle<T>(load: () => Promise<T>): Promise<T> {
  if (typeof requestIdleCallback === "function") {
    await new Promise((idle) => requestIdleCallback(idle, { timeout: PATIENCE_MS }));
  }
  return load();
}
