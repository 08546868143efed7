import { describe, expect, it } from "vitest";
import { type Event, IDLE, type State, step } from "./machine";

const reach = (...events: readonly Event[]): State => events.reduce(step, IDLE);
const connect: Event = { kind: "connect" };
const opened: Event = { kind: "opened" };
const output: Event = { kind: "output" };
const leave: Event = { kind: "leave" };
const closed = (code: number): Event => ({ kind: "closed", code, chance: 1 });
const error = (code: string): Event => ({ kind: "error", code, detail: "why", chance: 1 });
const exit: Event = { kind: "exit", code: 3, error: "" };

describe("step", () => {
  it("goes from idle to a shell that ends with its code, and on to another one", () => {
    expect(reach(connect).phase).toBe("connecting");
    expect(reach(connect, opened)).toEqual({ phase: "open", tries: 0, entered: false });
    expect(reach(connect, opened, output, exit)).toEqual({ phase: "ended", code: 3, error: "" });
    expect(reach(connect, opened, output, exit, closed(1000)).phase).toBe("ended");
    expect(reach(connect, opened, output, exit, connect).phase).toBe("connecting");
  });

  it("tries again, ever later, while there was no shell to lose", () => {
    let state = IDLE;
    const waits: number[] = [];
    for (let time = 0; time < 7; time++) {
      state = step(step(state, connect), closed(1006));
      if (state.phase === "retrying") waits.push(state.inMs);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(step(step(state, connect), opened)).toMatchObject({ tries: 7 });
    expect(reach(connect, { kind: "closed", code: 1006, chance: 0 })).toMatchObject({ inMs: 250 });
  });

  it("never opens another shell unasked once one was lost", () => {
    for (const code of [1001, 1006, 1012, 4400]) {
      expect(reach(connect, opened, output, closed(code))).toEqual({ phase: "lost" });
    }
    expect(reach(connect, opened, output, closed(1006), connect)).toEqual({
      phase: "connecting",
      tries: 0,
    });
  });

  it("keeps the server's reason for a refusal, and waits where that helps", () => {
    const refused = { phase: "refused", code: "conflict", detail: "why" };
    expect(reach(connect, opened, error("conflict"), closed(4409))).toEqual(refused);
    const busy = reach(connect, opened, error("unavailable"), closed(4503));
    expect(busy).toMatchObject({ phase: "retrying", inMs: 500, detail: "why" });
    expect(reach(connect, opened, closed(4401))).toMatchObject({ code: "unauthenticated" });
  });

  it("ignores what does not fit, and hangs up from anywhere", () => {
    expect(reach(opened, output, exit, closed(1006))).toBe(IDLE);
    const open = reach(connect, opened);
    expect(step(open, connect)).toBe(open);
    for (const events of [[connect], [connect, opened, output], [connect, closed(1006)]]) {
      expect(reach(...events, leave)).toBe(IDLE);
    }
  });
});
