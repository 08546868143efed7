/** What assistive technology needs to know beyond markup. */

let navigated = false;

/** The shell says that the person went to another page, other than by loading it. */
export function noteNavigation(): void {
  navigated = true;
}

/** True once after each such change: then the focus belongs on the new heading. */
export function arrivedByNavigation(): boolean {
  const before = navigated;
  navigated = false;
  return before;
}
