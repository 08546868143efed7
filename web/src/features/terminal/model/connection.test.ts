import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type Size, type Wire } from "./connection";
import { WINDOW } from "./flow";

class FakeWire implements Wire {
  readyState = 0;
  sent: (string | Uint8Array)[] = [];
  closed = false;
  onopen: Wire["onopen"] = null;
  onclose: Wire["onclose"] = null;
  onmessage: Wire["onmessage"] = null;
  constructor(readonly size: Size) {}
  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  accept(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }
  say(data: unknown): void {
    this.onmessage?.({ data } as never);
  }
  drop(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code } as never);
  }
}

function setUp() {
  const wires: FakeWire[] = [];
  const drawn: (() => void)[] = [];
  const connection = new Connection({
    open: (size) => {
      const wire = new FakeWire(size);
      wires.push(wire);
      return wire;
    },
    draw: (_, done) => void drawn.push(done),
    changed: () => {},
    chance: () => 1,
  });
  const last = () => wires.at(-1) as FakeWire;
  return { connection, wires, drawn, last };
}

describe("Connection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks for the size of the screen, and tells each new one once", () => {
    const { connection, last } = setUp();
    connection.resize({ rows: 40, columns: 5000 });
    connection.connect();
    expect(last().size).toEqual({ rows: 40, columns: 1000 });
    connection.resize({ rows: 41, columns: 100 });
    last().accept();
    connection.resize({ rows: 41, columns: 100 });
    expect(last().sent).toEqual([JSON.stringify({ op: "resize", rows: 41, columns: 100 })]);
  });

  it("confirms what was drawn, not what has come", () => {
    const { connection, drawn, last } = setUp();
    connection.connect();
    last().accept();
    last().say(new ArrayBuffer(WINDOW / 2));
    expect(last().sent).toEqual([]);
    for (const done of drawn) done();
    expect(last().sent).toEqual([JSON.stringify({ op: "taken", bytes: WINDOW / 2 })]);
  });

  it("holds typing back at the window, and goes on with each confirmation", () => {
    const { connection, last } = setUp();
    connection.connect();
    last().accept();
    expect(connection.type("x".repeat(WINDOW + 10))).toBe(true);
    const bytes = () => last().sent.reduce((sum, one) => sum + one.length, 0);
    expect(bytes()).toBe(WINDOW);
    last().say(JSON.stringify({ op: "taken", bytes: 16_384 }));
    expect(bytes()).toBe(WINDOW + 10);
  });

  it("tries again by itself before the first output, and not after it", () => {
    const { connection, wires, last } = setUp();
    connection.connect();
    last().drop(1006);
    vi.advanceTimersByTime(500);
    expect(wires.length).toBe(2);
    last().accept();
    last().say(new ArrayBuffer(1));
    last().drop(1006);
    vi.advanceTimersByTime(60_000);
    expect(wires.length).toBe(2);
    expect(connection.state).toEqual({ phase: "lost" });
  });

  it("hears nothing more of a socket that it has left", () => {
    const { connection, wires, last } = setUp();
    connection.connect();
    last().accept();
    last().say(JSON.stringify({ op: "exit", code: 0, error: "" }));
    expect([last().closed, last().onmessage]).toEqual([true, null]);
    expect(connection.type("ignored")).toBe(true);
    connection.connect();
    expect(wires.length).toBe(2);
    connection.leave();
    expect([connection.state.phase, last().closed]).toEqual(["idle", true]);
  });
});
