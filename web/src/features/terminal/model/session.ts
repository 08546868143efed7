/** One shell over a WebSocket: bytes in both directions, each side confirming what it has taken. */

/** How it came to its end; after "lost" nobody knows what became of the shell. */
export type Ended =
  | { kind: "exit"; code: number; error: string }
  | { kind: "refused"; code: string; detail: string }
  | { kind: "lost" };

export type SessionEvents = {
  onOpen(): void;
  /** `taken` is to be called when the bytes have been drawn. */
  onBytes(bytes: Uint8Array, taken: () => void): void;
  onEnd(end: Ended): void;
};

export type Size = { rows: number; columns: number };

/** The most bytes that may be on their way without a confirmation. */
export const WINDOW = 262_144;
/** Confirmations are worth a frame from here on, or when nothing more is waiting. */
const WORTH_SENDING = 16_384;
const CHUNK = 32_768;
/** `WebSocket.OPEN`. */
const OPEN = 1;

export function addressOf(jobId: string, size: Size, place: Location = location): string {
  const scheme = place.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams({
    rows: String(size.rows),
    columns: String(size.columns),
    term: "xterm-256color",
    flow: "1",
  });
  return `${scheme}://${place.host}/api/v1/jobs/${jobId}/terminal?${query}`;
}

export class Session {
  readonly #socket: WebSocket;
  readonly #events: SessionEvents;
  readonly #waiting: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();
  #unconfirmed = 0;
  #drawing = 0;
  #drawn = 0;
  #over = false;

  constructor(url: string, events: SessionEvents, open = (at: string) => new WebSocket(at)) {
    this.#events = events;
    this.#socket = open(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => events.onOpen();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = () => this.#end({ kind: "lost" });
  }

  /** What was typed; waits here while the shell takes nothing. */
  type(text: string): void {
    const bytes = this.#encoder.encode(text);
    for (let at = 0; at < bytes.length; at += CHUNK) {
      this.#waiting.push(bytes.subarray(at, at + CHUNK));
    }
    this.#flush();
  }

  resize({ rows, columns }: Size): void {
    this.#tell({ op: "resize", rows, columns });
  }

  /** Ends the shell: it does not outlive its connection. */
  close(): void {
    this.#over = true;
    this.#socket.close();
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    if (data instanceof ArrayBuffer) this.#draw(new Uint8Array(data));
    else if (typeof data === "string") this.#hear(JSON.parse(data) as Record<string, unknown>);
  }

  #draw(bytes: Uint8Array): void {
    this.#drawing += 1;
    this.#events.onBytes(bytes, () => {
      this.#drawing -= 1;
      this.#drawn += bytes.length;
      if (this.#drawn < WORTH_SENDING && this.#drawing > 0) return;
      this.#tell({ op: "taken", bytes: this.#drawn });
      this.#drawn = 0;
    });
  }

  #hear(frame: Record<string, unknown>): void {
    switch (frame.op) {
      case "taken":
        this.#unconfirmed -= Number(frame.bytes);
        this.#flush();
        break;
      case "exit":
        this.#end({ kind: "exit", code: Number(frame.code), error: String(frame.error ?? "") });
        break;
      case "error":
        this.#end({ kind: "refused", code: String(frame.code), detail: String(frame.detail) });
        break;
    }
  }

  #flush(): void {
    while (this.#socket.readyState === OPEN) {
      const next = this.#waiting[0];
      if (next === undefined || this.#unconfirmed + next.length > WINDOW) return;
      this.#waiting.shift();
      this.#unconfirmed += next.length;
      this.#socket.send(new Uint8Array(next));
    }
  }

  #tell(frame: object): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #end(end: Ended): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.onEnd(end);
    this.#socket.close();
  }
}
