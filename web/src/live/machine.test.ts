import { describe, expect, it } from "vitest";
import { backoff, type Event, initial, POLL_AFTER, type State, step } from "./machine";

function run(events: readonly Event[], state: State = initial) {
  let effects: ReturnType<typeof step>[1] = [];
  for (const event of events) [state, effects] = step(state, event, 1);
  return { state, effects };
}

const want = (topic: string): Event => ({ kind: "want", topic, since: null });
const data = (topic: string, seq: number): Event => ({
  kind: "frame",
  frame: { topic, seq, data: { seq } },
});

describe("the live connection", () => {
  it("subscribes once it is open, and at once when it already is", () => {
    const { state, effects } = run([{ kind: "start" }, want("jobs"), { kind: "opened" }]);
    expect(state.mode).toBe("live");
    expect(effects).toContainEqual({ do: "askSince", topic: "jobs" });
    expect(effects).not.toContainEqual(expect.objectContaining({ do: "deliver" }));
    expect(run([want("queue")], state).effects).toEqual([
      { do: "send", frame: { op: "sub", topic: "queue" } },
    ]);
  });

  it("delivers data in order and asks to read again when a number is missing", () => {
    const open = run([want("jobs"), { kind: "opened" }, data("jobs", 1)]);
    expect(open.effects).toContainEqual({
      do: "deliver",
      topic: "jobs",
      delivery: { kind: "data", data: { seq: 1 }, seq: 1 },
    });
    const kinds = (step: { effects: readonly { do: string }[] }) =>
      step.effects.flatMap((effect) => ("delivery" in effect ? [effect.delivery] : []));
    expect(kinds(run([data("jobs", 2)], open.state))).toHaveLength(1);
    expect(kinds(run([data("jobs", 4)], open.state))).toContainEqual({ kind: "resync" });
  });

  it("drops frames of a topic that was left", () => {
    const left = run([want("jobs"), { kind: "opened" }, { kind: "drop", topic: "jobs" }]);
    expect(left.effects).toEqual([{ do: "send", frame: { op: "unsub", topic: "jobs" } }]);
    expect(run([data("jobs", 2)], left.state).effects).toHaveLength(1);
  });

  it("after a break subscribes again and says that something was missed", () => {
    const open = run([want("jobs"), { kind: "opened" }, data("jobs", 7)]).state;
    const broken = run([{ kind: "closed" }], open);
    expect(broken.state.mode).toBe("reconnecting");
    expect(broken.effects).toEqual([{ do: "retryIn", ms: 500 }]);
    const again = run([{ kind: "retry" }, { kind: "opened" }], broken.state);
    expect(again.effects).toContainEqual({
      do: "deliver",
      topic: "jobs",
      delivery: { kind: "resync" },
    });
    // Counting starts anew: frame 1 is no gap.
    expect(run([data("jobs", 1)], again.state).effects).toHaveLength(2);
  });

  it("polls when no socket comes up, and is live again when one does", () => {
    const failed = Array<Event>(POLL_AFTER).fill({ kind: "closed" });
    const { state } = run([want("jobs"), ...failed]);
    expect(state.mode).toBe("polling");
    const open = run([{ kind: "opened" }], state);
    expect(open.state.mode).toBe("live");
    expect(open.effects).toContainEqual(expect.objectContaining({ do: "deliver" }));
  });

  it("tries events in turn with a socket that never came up, and with no other", () => {
    const ways = (steps: number, state: State) =>
      Array.from({ length: steps }, () => {
        state = run([{ kind: "closed" }], state).state;
        return run([{ kind: "retry" }], state).effects[0];
      }).map((effect) => effect?.do === "connect" && effect.way);
    expect(ways(5, initial)).toEqual(["socket", "events", "socket", "events", "socket"]);
    const events = run([want("jobs"), { kind: "closed" }, { kind: "closed" }, { kind: "opened" }]);
    expect(events.state).toMatchObject({ mode: "live", socketWorks: false });
    const socket = run([{ kind: "closed" }, { kind: "opened" }], events.state).state;
    expect(ways(4, socket)).toEqual(["socket", "socket", "socket", "socket"]);
  });

  it("hangs up when the line is silent or the network gone, and comes back with it", () => {
    const open = run([{ kind: "opened" }]).state;
    expect(run([{ kind: "silence" }], open).effects).toEqual([{ do: "hangUp" }]);
    const gone = run([{ kind: "network", up: false }, { kind: "closed" }], open);
    expect(gone.state.mode).toBe("offline");
    expect(gone.effects).toEqual([]);
    const back = run([{ kind: "network", up: true }], gone.state);
    expect(back.state.mode).toBe("reconnecting");
    expect(back.effects).toEqual([{ do: "connect", way: "socket" }]);
  });

  it("forgets a topic that ended or was refused", () => {
    const open = run([want("job:1"), want("job:2"), { kind: "opened" }]).state;
    const ended = run([{ kind: "frame", frame: { op: "end", topic: "job:1" } }], open);
    expect([...ended.state.topics.keys()]).toEqual(["job:2"]);
    const error = { op: "error", topic: "job:2", code: "not_found", detail: "gone" } as const;
    const refused = run([{ kind: "frame", frame: error }], ended.state);
    expect(refused.state.topics.size).toBe(0);
    expect(refused.effects).toContainEqual({
      do: "deliver",
      topic: "job:2",
      delivery: { kind: "refused", code: "not_found", detail: "gone" },
    });
  });

  it("waits longer each time, never more than 15 s, spread by chance", () => {
    expect([1, 2, 3, 9].map((failures) => backoff(failures, 1))).toEqual([500, 1000, 2000, 15_000]);
    expect(backoff(3, 0)).toBe(1000);
  });
});
