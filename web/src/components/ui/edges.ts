/** What scrolls sideways fades at the edge beyond which there is more. */

/** A ref for the box that scrolls: marks it by data-more, which tokens.css draws. */
export function fadedEdges(box: HTMLElement | null): (() => void) | undefined {
  if (box === null) return undefined;
  const mark = () => {
    const before = box.scrollLeft > 1 ? "left" : "";
    const after = box.scrollLeft < box.scrollWidth - box.clientWidth - 1 ? "right" : "";
    const more = `${before} ${after}`.trim();
    if (box.dataset.more !== more) box.dataset.more = more;
  };
  // Told after the layout, so that nothing has to be measured before its time.
  const sizes = new ResizeObserver(mark);
  sizes.observe(box);
  for (const child of box.children) sizes.observe(child);
  box.addEventListener("scroll", mark, { passive: true });
  return () => {
    sizes.disconnect();
    box.removeEventListener("scroll", mark);
  };
}
