import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lastHeard, serverNow } from "./clock";
import type { Wanted } from "./events";
import { SILENCE_MS } from "./machine";
import { CALL_MS, LiveSocket, POLL_MS, UPGRADE_MS } from "./socket";

class Wire {
  readyState = 0;
  readonly sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  openNow() {
    this.readyState = 1;
    this.onopen?.();
  }
  breakNow() {
    this.readyState = 3;
    this.onclose?.();
  }
  says(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let wires: Wire[];
let socket: LiveSocket;
const wire = () => wires.at(-1) as Wire;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1); // the longest waits
  wires = [];
  socket = new LiveSocket(() => {
    const made = new Wire();
    wires.push(made);
    return made;
  });
  socket.start();
});
afterEach(() => vi.useRealTimers());

describe("LiveSocket", () => {
  it("shares a topic between listeners and leaves with the last", () => {
    const [one, two] = [vi.fn(), vi.fn()];
    wire().openNow();
    const leaveOne = socket.listen("jobs", { onDelivery: one });
    const leaveTwo = socket.listen("jobs", { onDelivery: two });
    expect(wire().sent).toEqual([{ op: "sub", topic: "jobs" }]);
    expect(two).toHaveBeenCalledWith({ kind: "resync" });
    wire().says({ topic: "jobs", seq: 1, data: { rows: [] } });
    expect(one).toHaveBeenCalledWith({ kind: "data", data: { rows: [] }, seq: 1 });
    leaveOne();
    expect(wire().sent).toHaveLength(1);
    leaveTwo();
    expect(wire().sent.at(-1)).toEqual({ op: "unsub", topic: "jobs" });
  });

  it("reconnects and goes on where the listener that is furthest behind stands", () => {
    wire().openNow();
    socket.listen("logs:1", { onDelivery: vi.fn(), since: () => 500 });
    socket.listen("logs:1", { onDelivery: vi.fn(), since: () => 420 });
    wire().breakNow();
    expect(socket.mode).toBe("reconnecting");
    vi.advanceTimersByTime(500);
    wire().openNow();
    expect(wires).toHaveLength(2);
    expect(wire().sent).toEqual([{ op: "sub", topic: "logs:1", since: 420 }]);
    expect(socket.mode).toBe("live");
  });

  it("hangs up after silence; a ping keeps the line and sets the clock", () => {
    wire().openNow();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    wire().says({ op: "ping", at: new Date(Date.now() + 60_000).toISOString() });
    expect(serverNow() - Date.now()).toBe(60_000);
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(socket.mode).toBe("live");
    vi.advanceTimersByTime(2);
    expect(socket.mode).toBe("reconnecting");
  });

  it("tells listeners to poll while the socket is blocked", () => {
    const heard = vi.fn();
    socket.listen("summary", { onDelivery: heard });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      wire().breakNow();
      vi.advanceTimersByTime(attempt < 3 ? 500 * 2 ** attempt : 0);
    }
    expect(socket.mode).toBe("polling");
    heard.mockClear();
    vi.advanceTimersByTime(POLL_MS);
    expect(heard).toHaveBeenCalledWith({ kind: "poll" });
    wire().openNow();
    heard.mockClear();
    vi.advanceTimersByTime(POLL_MS * 2);
    expect(heard).not.toHaveBeenCalled();
  });

  it("takes events for a socket that is blocked, until one passes", () => {
    const streams: { wire: Wire; wanted: Wanted }[] = [];
    const tried: Wire[] = [];
    const wire = () => tried.at(-1) as Wire;
    socket = new LiveSocket(
      () => {
        const made = new Wire();
        tried.push(made);
        return made;
      },
      undefined,
      (wanted) => {
        const made = new Wire();
        streams.push({ wire: made, wanted: wanted() });
        return made;
      },
    );
    socket.start();
    const heard = vi.fn();
    socket.listen("logs:1", { onDelivery: heard, since: () => 7 });
    wire().breakNow();
    vi.advanceTimersByTime(500 + CALL_MS); // neither taken nor refused
    vi.advanceTimersByTime(1000);
    expect([...(streams[0]?.wanted ?? [])]).toEqual([["logs:1", 7]]);
    streams[0]?.wire.openNow();
    expect(socket.mode).toBe("live");
    streams[0]?.wire.says({ topic: "logs:1", seq: 1, data: 1 });
    expect(heard).toHaveBeenLastCalledWith({ kind: "data", data: 1, seq: 1 });
    const tries = tried.length;
    for (let at = 0; at < UPGRADE_MS; at += 15_000) {
      vi.advanceTimersByTime(15_000);
      streams[0]?.wire.says({ op: "ping", at: new Date().toISOString() });
    }
    expect(tried).toHaveLength(tries + 1);
    expect(socket.mode).toBe("live");
    wire().openNow();
    vi.advanceTimersByTime(500);
    wire().openNow();
    expect(socket.mode).toBe("live");
    expect(wire().sent).toEqual([{ op: "sub", topic: "logs:1", since: 7 }]);
  });

  it("says when its mode changes, and when the server was last heard", () => {
    const watcher = vi.fn();
    socket.watch(watcher);
    wire().openNow();
    expect(watcher).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1000);
    wire().says({ op: "ping", at: new Date().toISOString() });
    vi.advanceTimersByTime(5000);
    expect(Date.now() - lastHeard()).toBe(5000);
  });
});
