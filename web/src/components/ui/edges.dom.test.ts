/** A row says by its edges where it goes on. */
import { afterEach, expect, it, vi } from "vitest";
import { fadedEdges } from "./edges";

let told = () => {};
class Sizes {
  constructor(run: () => void) {
    told = run;
  }
  observe() {}
  disconnect() {
    told = () => {};
  }
}

afterEach(() => vi.unstubAllGlobals());

function row(width: number, whole: number) {
  const box = document.createElement("div");
  Object.defineProperty(box, "clientWidth", { value: width });
  Object.defineProperty(box, "scrollWidth", { value: whole });
  return box;
}

it.each([
  [300, 300, 0, ""],
  [300, 500, 0, "right"],
  [300, 500, 100, "left right"],
  [300, 500, 200, "left"],
])("a row of %i px that holds %i, moved by %i: %s", (width, whole, moved, more) => {
  vi.stubGlobal("ResizeObserver", Sizes);
  const box = row(width, whole);
  const end = fadedEdges(box);
  told();
  box.scrollLeft = moved;
  box.dispatchEvent(new Event("scroll"));
  expect(box.dataset.more).toBe(more);
  end?.();
  box.scrollLeft = 1;
  box.dispatchEvent(new Event("scroll"));
  expect(box.dataset.more).toBe(more);
});
