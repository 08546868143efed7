/** Where the focus goes when the person goes to another page: to its heading. */

let awaited = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const PATIENCE_MS = 1000;

const focusHeading = (heading: HTMLElement | null) => heading?.focus({ preventScroll: true });

/** The router begins to go to another page: the page that mounts next takes the focus. */
export function navigationBegins(): void {
  awaited = true;
  clearTimeout(timer);
}

/** The router has shown it: a page that was there already (one job after another) takes it too. */
export function navigationEnds(): void {
  focusHeading(document.querySelector<HTMLElement>("main h1"));
  // Code that is still on its way may take a moment; what mounts later did not ask for the focus.
  timer = setTimeout(() => {
    awaited = false;
  }, PATIENCE_MS);
}

/** A page mounts. */
export function pageArrives(heading: HTMLElement | null): void {
  if (!awaited) return;
  awaited = false;
  focusHeading(heading);
}
