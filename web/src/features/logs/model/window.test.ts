import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EDGE, ScrollWindow, SPACER_CAP, spacerHeight, toContent, toScroll } from "./window";

const extent = fc.record({
  content: fc.integer({ min: 0, max: 400_000_000 }),
  viewport: fc.integer({ min: 100, max: 2_000 }),
});
const big = { content: 20_000_000, viewport: 800 };

describe("the mapping", () => {
  it("caps the spacer", () => {
    expect(spacerHeight(100)).toBe(100);
    expect(spacerHeight(20_000_000)).toBe(SPACER_CAP);
  });

  it("is its own inverse, stays in order and reaches both ends", () => {
    fc.assert(
      fc.property(extent, fc.double({ min: 0, max: 1, noNaN: true }), (size, share) => {
        const most = Math.max(0, spacerHeight(size.content) - size.viewport);
        const end = Math.max(0, size.content - size.viewport);
        const at = share * most;
        expect(toScroll(toContent(at, size), size)).toBeCloseTo(at, 3);
        expect(toContent(0, size)).toBe(0);
        expect(toContent(most, size)).toBe(end);
        expect(toContent(most + 50, size)).toBe(end);
        expect(toContent(Math.min(at + 1, most), size)).toBeGreaterThanOrEqual(toContent(at, size));
      }),
    );
  });

  it("is one to one near the ends", () => {
    expect(toContent(EDGE / 2, big)).toBe(EDGE / 2);
    const most = SPACER_CAP - big.viewport;
    expect(toContent(most - 40, big)).toBe(big.content - big.viewport - 40);
  });
});

describe("ScrollWindow", () => {
  const opened = (size = big) => {
    const view = new ScrollWindow();
    view.resize(size);
    return view;
  };

  it("moves by exactly what wheel and keys say, anywhere", () => {
    const steps = fc.array(fc.integer({ min: -900, max: 900 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 19_000_000 }), steps, (start, deltas) => {
        const view = opened();
        view.moveTo(start);
        let expected = view.top;
        for (const delta of deltas) {
          view.scrolled(view.scrollTop + delta);
          expected += delta;
          expect(view.top).toBeCloseTo(expected, 6);
        }
        const settled = view.settle();
        if (settled !== undefined) expect(view.scrollTop).toBe(settled);
        expect(view.top).toBeCloseTo(expected, 6);
      }),
    );
  });

  it("follows a dragged thumb in proportion", () => {
    const view = opened();
    view.scrolled(SPACER_CAP / 2);
    expect(view.top / big.content).toBeCloseTo(0.5, 2);
    expect(view.settle()).toBeUndefined();
  });

  it("reaches the very end and the very start by wheel alone", () => {
    const view = opened();
    view.moveTo(view.most - 5_000);
    for (let step = 0; step < 60; step += 1) {
      const most = SPACER_CAP - big.viewport;
      view.scrolled(Math.min(view.scrollTop + 100, most));
      if (view.stuck) view.settle();
    }
    expect(view.top).toBe(view.most);
    view.moveTo(5_000);
    for (let step = 0; step < 60; step += 1) {
      view.scrolled(Math.max(view.scrollTop - 100, 0));
      if (view.stuck) view.settle();
    }
    expect(view.top).toBe(0);
  });

  it("says when the thumb is at an end that the content has not reached", () => {
    const view = opened();
    view.moveTo(10_000_000);
    while (view.scrollTop > 0) view.scrolled(Math.max(0, view.scrollTop - 2_000));
    expect(view.top).toBeGreaterThan(0);
    expect(view.stuck).toBe(true);
    expect(view.settle()).toBeGreaterThan(0);
    expect(view.stuck).toBe(false);
  });

  it("stays where it is while the log grows", () => {
    const view = opened({ content: 9_000_000, viewport: 800 });
    view.moveTo(3_000_000);
    view.resize({ content: 30_000_000, viewport: 800 });
    expect(view.top).toBe(3_000_000);
    view.resize({ content: 500, viewport: 800 });
    expect(view.top).toBe(0);
  });

  it("is plain scrolling while the list is short", () => {
    const view = opened({ content: 50_000, viewport: 800 });
    view.scrolled(20_000);
    expect(view.top).toBe(20_000);
    view.scrolled(99_999);
    expect(view.top).toBe(49_200);
    expect(view.stuck).toBe(false);
  });
});
