import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { after, type Happening, newRows, type Session, shownRows, startSession } from "./session";

const happen = (session: Session, ...what: Happening[]) => what.reduce(after, session);
const grew = (total: number): Happening => ({ type: "grew", total });

describe("session", () => {
  it("follows until somebody scrolls up, and counts what came since", () => {
    const started = happen(startSession(10, true), grew(40));
    expect([started.follow, newRows(started)]).toEqual([true, 0]);
    const reading = happen(started, { type: "scrolled-up" }, grew(452));
    expect([reading.follow, newRows(reading), shownRows(reading)]).toEqual([false, 412, 452]);
    const back = happen(reading, { type: "reached-bottom" });
    expect([back.follow, newRows(back)]).toEqual([true, 0]);
  });

  it("freezes on pause, goes on counting, and shows all on resume", () => {
    const paused = happen(startSession(100, true), { type: "pause" }, grew(1630));
    expect([shownRows(paused), newRows(paused)]).toEqual([100, 1530]);
    const resumed = happen(paused, { type: "resume" });
    expect([shownRows(resumed), newRows(resumed), resumed.follow]).toEqual([1630, 0, true]);
  });

  it("clears what is on show, paused or not, and can be undone", () => {
    const cleared = happen(startSession(50, true), { type: "clear" }, grew(60));
    expect([cleared.cleared, cleared.undo]).toEqual([50, 0]);
    expect(happen(cleared, { type: "undo" }).cleared).toBe(0);
    const paused = happen(startSession(50, false), { type: "pause" }, grew(80), { type: "clear" });
    expect(paused.cleared).toBe(50);
    const again = happen(cleared, { type: "clear" }, { type: "undo" });
    expect(again.cleared).toBe(50);
    expect(happen(cleared, { type: "forget-undo" }, { type: "undo" }).cleared).toBe(50);
  });

  it("never shows fewer rows than before, nor more than exist, whatever happens", () => {
    const event = fc.oneof(
      fc.nat(1000).map(grew),
      fc.constantFrom<Happening>(
        { type: "scrolled-up" },
        { type: "reached-bottom" },
        { type: "pause" },
        { type: "resume" },
        { type: "clear" },
        { type: "undo" },
      ),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let session = startSession(0, true);
        for (const one of events) {
          const next = after(session, one);
          expect(shownRows(next)).toBeGreaterThanOrEqual(shownRows(session));
          expect(shownRows(next)).toBeLessThanOrEqual(next.total);
          expect(newRows(next)).toBeGreaterThanOrEqual(0);
          expect(next.cleared).toBeLessThanOrEqual(next.total);
          session = next;
        }
      }),
    );
  });
});
