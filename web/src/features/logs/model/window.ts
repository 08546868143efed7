/**
 * Where the viewer stands in a list that may be taller than a browser can scroll.
 *
 * Browsers clamp or drop very tall elements, so the spacer is capped. The scrollbar's thumb is
 * then proportional, while wheel, keys and touch must move pixel by pixel: a small change of
 * scrollTop moves the content by the same amount, a large one (a dragged thumb) is mapped.
 * Near both ends the mapping itself is one to one, so the ends are reached without a jump; in
 * between the two drift apart slowly, and `settle` says how to bring the thumb back.
 */

export const SPACER_CAP = 8_000_000;
/** Pixels at either end that are mapped one to one. */
export const EDGE = 400_000;

export type Extent = {
  /** Height of all rows. */
  readonly content: number;
  readonly viewport: number;
};

export const spacerHeight = (content: number): number => Math.min(content, SPACER_CAP);

const capped = ({ content }: Extent) => content > SPACER_CAP;
const contentMost = ({ content, viewport }: Extent) => Math.max(0, content - viewport);
const scrollMost = ({ content, viewport }: Extent) => Math.max(0, spacerHeight(content) - viewport);
const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** The content position that a scroll position stands for. */
export function toContent(scrollTop: number, extent: Extent): number {
  const most = scrollMost(extent);
  const at = clamp(scrollTop, most);
  if (!capped(extent) || at <= EDGE) return at;
  const end = contentMost(extent);
  if (at >= most - EDGE) return end - (most - at);
  return EDGE + ((at - EDGE) * (end - 2 * EDGE)) / (most - 2 * EDGE);
}

/** The scroll position for a content position: the inverse of `toContent`. */
export function toScroll(top: number, extent: Extent): number {
  const end = contentMost(extent);
  const at = clamp(top, end);
  if (!capped(extent) || at <= EDGE) return at;
  const most = scrollMost(extent);
  if (at >= end - EDGE) return most - (end - at);
  return EDGE + ((at - EDGE) * (most - 2 * EDGE)) / (end - 2 * EDGE);
}

export class ScrollWindow {
  extent: Extent = { content: 0, viewport: 0 };
  /** Content position of the viewport's upper edge. */
  top = 0;
  /** The element's scrollTop as last seen or set. */
  scrollTop = 0;

  /** Position of the last screenful. */
  get most(): number {
    return contentMost(this.extent);
  }

  /** The element was scrolled. A change beyond a few screens is a dragged thumb. */
  scrolled(scrollTop: number): void {
    const delta = scrollTop - this.scrollTop;
    this.scrollTop = scrollTop;
    const jump = 2_000 + 2 * this.extent.viewport;
    if (!capped(this.extent) || Math.abs(delta) > jump) {
      this.top = toContent(scrollTop, this.extent);
    } else {
      this.top = clamp(this.top + delta, this.most);
    }
  }

  /** Goes to a content position; returns the scrollTop to set. */
  moveTo(top: number): number {
    this.top = clamp(top, this.most);
    this.scrollTop = Math.round(toScroll(this.top, this.extent));
    return this.scrollTop;
  }

  /** The extent changed; the content position stays. Returns the scrollTop to set. */
  resize(extent: Extent): number {
    this.extent = extent;
    return this.moveTo(this.top);
  }

  /** Whether the thumb is at an end that the content has not reached: settle at once. */
  get stuck(): boolean {
    if (!capped(this.extent)) return false;
    const most = scrollMost(this.extent);
    return (
      (this.scrollTop <= 0 && this.top > 0) || (this.scrollTop >= most && this.top < this.most)
    );
  }

  /** After a pause: the scrollTop that the content position really has, or undefined. */
  settle(): number | undefined {
    const wanted = Math.round(toScroll(this.top, this.extent));
    if (Math.abs(wanted - this.scrollTop) < 1) return undefined;
    this.scrollTop = wanted;
    return wanted;
  }
}
