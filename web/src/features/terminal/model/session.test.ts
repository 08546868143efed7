/** A shell's bytes are confirmed in both directions, and its end is told once. */
import { describe, expect, it, vi } from "vitest";
import { bytesOf, needsGuard, withControl } from "./keys";
import { addressOf, type Ended, Session, WINDOW } from "./session";

class FakeSocket {
  readyState = 1;
  binaryType = "";
  sent: (string | Uint8Array)[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }
  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  bytes(): number {
    return this.sent.reduce((sum, one) => sum + (typeof one === "string" ? 0 : one.length), 0);
  }
}

function open() {
  const socket = new FakeSocket();
  const ends: Ended[] = [];
  const drawn: (() => void)[] = [];
  const session = new Session(
    "ws://x",
    {
      onOpen: vi.fn(),
      onBytes: (_, taken) => drawn.push(taken),
      onEnd: (end) => ends.push(end),
    },
    () => socket as unknown as WebSocket,
  );
  const hear = (frame: object) => socket.onmessage?.({ data: JSON.stringify(frame) });
  const bytes = (size: number) => socket.onmessage?.({ data: new ArrayBuffer(size) });
  return { socket, session, ends, drawn, hear, bytes };
}

describe("Session", () => {
  it("holds back input until it is confirmed", () => {
    const { socket, session, hear } = open();
    session.type("x".repeat(WINDOW + 1000));
    expect(socket.bytes()).toBeLessThanOrEqual(WINDOW);
    hear({ op: "taken", bytes: socket.bytes() });
    expect(socket.bytes()).toBe(WINDOW + 1000);
  });

  it("confirms output when it is drawn, not when it comes", () => {
    const { socket, drawn, bytes } = open();
    bytes(10);
    bytes(20);
    expect(socket.sent).toEqual([]);
    for (const taken of drawn) taken();
    expect(socket.sent).toEqual([JSON.stringify({ op: "taken", bytes: 30 })]);
  });

  it("tells its end once, by its reason", () => {
    const first = open();
    first.hear({ op: "exit", code: 3, error: "" });
    first.socket.close();
    expect(first.ends).toEqual([{ kind: "exit", code: 3, error: "" }]);
    const second = open();
    second.hear({ op: "error", code: "conflict", detail: "no" });
    expect(second.ends).toEqual([{ kind: "refused", code: "conflict", detail: "no" }]);
    const third = open();
    third.socket.close();
    expect(third.ends).toEqual([{ kind: "lost" }]);
    const fourth = open();
    fourth.session.close();
    expect(fourth.ends).toEqual([]);
  });

  it("asks for flow control in the address", () => {
    const place = { protocol: "https:", host: "h:1" } as Location;
    const url = new URL(addressOf("j", { rows: 30, columns: 100 }, place));
    expect(url.origin + url.pathname).toBe("wss://h:1/api/v1/jobs/j/terminal");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ rows: "30", flow: "1" });
  });
});

describe("keys", () => {
  it("sends what programs expect", () => {
    expect(bytesOf("up", false)).toBe("\x1b[A");
    expect(bytesOf("left", true)).toBe("\x1bOD");
    expect(withControl("c")).toBe("\x03");
    expect(withControl("[")).toBe("\x1b");
    expect(withControl("5")).toBe("5");
    expect(withControl("ab")).toBe("ab");
  });

  it("guards what would run at once", () => {
    expect(needsGuard("rm -r x")).toBe(false);
    expect(needsGuard("rm -r x\n")).toBe(true);
  });
});
