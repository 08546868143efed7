/** One terminal over a WebSocket: drives the state machine, and keeps to the window. */
import { Outbox, Receipts } from "./flow";
import { type Event, IDLE, type State, step } from "./machine";

export type Size = { rows: number; columns: number };

export type Wire = {
  readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: { code: number } & never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
};

export type Ports = {
  /** A new socket, whose binary frames come as ArrayBuffer. */
  open(size: Size): Wire;
  /** Draws output and calls back when that is done. */
  draw(bytes: Uint8Array, done: () => void): void;
  changed(state: State): void;
  /** From 0 to 1, to spread retries. */
  chance(): number;
};

type Frame =
  | { op: "exit"; code: number; error: string }
  | { op: "error"; code: string; detail: string }
  | { op: "taken"; bytes: number };

const OPEN = 1;
const MAX_SIDE = 1000;
const encoder = new TextEncoder();
const side = (cells: number) => Math.max(1, Math.min(MAX_SIDE, Math.floor(cells) || 1));

/** A size that the server takes. */
export const bounded = ({ rows, columns }: Size): Size => ({
  rows: side(rows),
  columns: side(columns),
});

export class Connection {
  private current: State = IDLE;
  private wire: Wire | null = null;
  private size: Size = { rows: 24, columns: 80 };
  private told: Size = this.size;
  private outbox = new Outbox();
  private receipts = new Receipts();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: Ports) {}

  get state(): State {
    return this.current;
  }

  /** Opens a shell, unless one is open or on its way. */
  connect(): void {
    const before = this.current;
    this.handle({ kind: "connect" });
    if (this.current === before) return;
    this.outbox = new Outbox();
    this.receipts = new Receipts();
    this.told = this.size;
    let wire: Wire;
    try {
      wire = this.ports.open(this.size);
    } catch {
      this.handle({ kind: "closed", code: 1006, chance: this.ports.chance() });
      return;
    }
    this.wire = wire;
    wire.onopen = () => {
      this.handle({ kind: "opened" });
      this.tellSize();
    };
    wire.onmessage = ({ data }) => this.message(data);
    wire.onclose = ({ code }) => {
      this.handle({ kind: "closed", code, chance: this.ports.chance() });
    };
  }

  /** Sends what was typed. False when it was refused, as too much waits already. */
  type(text: string): boolean {
    return this.send(encoder.encode(text));
  }

  /** The same for reports of the mouse, whose characters are bytes. */
  typeBytes(text: string): boolean {
    return this.send(Uint8Array.from(text, (character) => character.charCodeAt(0) & 255));
  }

  /** The window has another size. */
  resize(size: Size): void {
    this.size = bounded(size);
    this.tellSize();
  }

  /** Hangs up; the shell ends. */
  leave(): void {
    this.handle({ kind: "leave" });
  }

  private send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.wire?.readyState !== OPEN) return true; // there is nobody to type to, and it shows
    if (!this.outbox.add(bytes)) return false;
    this.flush();
    return true;
  }

  private flush(): void {
    while (this.wire?.readyState === OPEN) {
      const piece = this.outbox.next();
      if (piece === undefined) return;
      this.wire.send(piece);
    }
  }

  private tellSize(): void {
    const { rows, columns } = this.size;
    if (this.wire?.readyState !== OPEN) return;
    if (rows === this.told.rows && columns === this.told.columns) return;
    this.told = this.size;
    this.wire.send(JSON.stringify({ op: "resize", rows, columns }));
  }

  private message(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.output(new Uint8Array(data));
      return;
    }
    const frame = JSON.parse(String(data)) as Frame;
    switch (frame.op) {
      case "taken":
        this.outbox.confirmed(frame.bytes);
        this.flush();
        break;
      case "exit":
        this.handle({ kind: "exit", code: frame.code, error: frame.error });
        break;
      case "error": {
        const { code, detail } = frame;
        this.handle({ kind: "error", code, detail, chance: this.ports.chance() });
        break;
      }
    }
  }

  private output(bytes: Uint8Array): void {
    const { wire, receipts } = this;
    this.handle({ kind: "output" });
    this.ports.draw(bytes, () => {
      const due = receipts.drawn(bytes.length);
      if (due > 0 && wire?.readyState === OPEN) {
        wire.send(JSON.stringify({ op: "taken", bytes: due }));
      }
    });
  }

  private handle(event: Event): void {
    const before = this.current;
    this.current = step(before, event);
    if (this.current === before) return;
    clearTimeout(this.timer);
    const { phase } = this.current;
    if (phase !== "open" && phase !== "connecting") this.hangUp();
    if (this.current.phase === "retrying") {
      this.timer = setTimeout(() => this.connect(), this.current.inMs);
    }
    this.ports.changed(this.current);
  }

  private hangUp(): void {
    const wire = this.wire;
    this.wire = null;
    if (wire === null) return;
    wire.onopen = wire.onclose = wire.onmessage = null;
    wire.close();
  }
}
