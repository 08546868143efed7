import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressOf, EventLine } from "./events";

class Source {
  readyState = 0;
  closed = false;
  onopen: EventSource["onopen"] = null;
  onmessage: EventSource["onmessage"] = null;
  onerror: EventSource["onerror"] = null;
  constructor(readonly address: string) {}
  close() {
    this.closed = true;
  }
}

let sources: Source[];
let wanted: Map<string, number | null>;
let line: EventLine;
const source = () => sources.at(-1) as Source;
const happen = (what: "onopen" | "onerror") => source()[what]?.call(null as never, null as never);

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  wanted = new Map([["jobs", null]]);
  line = new EventLine(
    () => wanted,
    (address) => {
      const made = new Source(address);
      sources.push(made);
      return made;
    },
  );
});
afterEach(() => vi.useRealTimers());

describe("EventLine", () => {
  it("opens once, and hands on what the server says", () => {
    const [opened, heard] = [vi.fn(), vi.fn()];
    line.onopen = opened;
    line.onmessage = heard;
    happen("onopen");
    happen("onopen");
    expect(opened).toHaveBeenCalledOnce();
    source().onmessage?.call(null as never, { data: "{}" } as never);
    expect(heard).toHaveBeenCalledWith({ data: "{}" });
  });

  it("has another stream once the topics have changed", () => {
    happen("onopen");
    line.send();
    vi.advanceTimersByTime(50);
    expect(sources).toHaveLength(1);
    wanted = new Map([["logs:1", 12]]);
    line.send();
    line.send();
    vi.advanceTimersByTime(50);
    expect(sources.map(({ closed }) => closed)).toEqual([true, false]);
    expect(source().address).toBe("/api/v1/events?topic=summary&topic=logs%3A1&since=12");
  });

  it("says that it broke, and does not come back by itself", () => {
    const broke = vi.fn();
    line.onclose = broke;
    line.send();
    happen("onerror");
    expect(broke).toHaveBeenCalledOnce();
    expect(source().closed).toBe(true);
    wanted = new Map();
    vi.advanceTimersByTime(1000);
    expect(sources).toHaveLength(1);
  });

  it("asks for no more topics than one stream takes", () => {
    const many = new Map(Array.from({ length: 20 }, (_, n) => [`job:${n}`, null]));
    expect(addressOf(many).match(/topic=/g)).toHaveLength(8);
  });
});
