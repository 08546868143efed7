/** Drives the state machine with a real WebSocket, timers and the listeners of topics. */
import { noteHeard, notePing } from "./clock";
import {
  type Delivery,
  type Effect,
  type Event,
  type Frame,
  initial,
  type Mode,
  type State,
  step,
} from "./machine";

export const POLL_MS = 5000;

export type Listener = {
  /** What came; `poll` asks the listener to read for itself, as no socket comes up. */
  onDelivery(delivery: Delivery | { kind: "poll" }): void;
  /** Where to go on from after a break (next log line wanted); null means from the present. */
  since?(): number | null;
};

type Wire = Pick<WebSocket, "send" | "close" | "readyState"> & {
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
};

export class LiveSocket {
  private state: State = initial;
  private wire: Wire | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private polling: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly watchers = new Set<() => void>();
  private started = false;

  /** `probe` asks the server for a sign of life while no socket comes up. */
  constructor(
    private readonly open: () => Wire,
    private readonly probe: () => void = () => {},
  ) {}

  get mode(): Mode {
    return this.state.mode;
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    addEventListener("online", () => this.handle({ kind: "network", up: true }));
    addEventListener("offline", () => this.handle({ kind: "network", up: false }));
    this.handle({ kind: "start" });
  }

  /** Listens to a topic until the returned function is called; topics are shared. */
  listen(topic: string, listener: Listener): () => void {
    const present = this.listeners.get(topic);
    if (present !== undefined) {
      present.add(listener);
      // The topic's present state went to the first listener; this one reads for itself.
      listener.onDelivery({ kind: "resync" });
    } else {
      this.listeners.set(topic, new Set([listener]));
      this.handle({ kind: "want", topic, since: listener.since?.() ?? null });
    }
    return () => this.leave(topic, listener);
  }

  private leave(topic: string, listener: Listener): void {
    const present = this.listeners.get(topic);
    if (present === undefined || !present.delete(listener) || present.size > 0) return;
    this.listeners.delete(topic);
    this.handle({ kind: "drop", topic });
  }

  /** Calls back whenever the mode changes. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private handle(event: Event): void {
    const before = this.state.mode;
    const [state, effects] = step(this.state, event, Math.random());
    this.state = state;
    for (const effect of effects) this.perform(effect);
    if (this.state.mode !== before) this.modeChanged();
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        this.connect();
        break;
      case "hangUp":
        this.hangUp();
        break;
      case "send":
        if (this.wire?.readyState === 1) this.wire.send(JSON.stringify(effect.frame));
        break;
      case "retryIn":
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.handle({ kind: "retry" }), effect.ms);
        break;
      case "watchSilence":
        clearTimeout(this.silence);
        this.silence = setTimeout(() => this.handle({ kind: "silence" }), effect.ms);
        break;
      case "askSince":
        this.subscribeAgain(effect.topic);
        break;
      case "deliver":
        for (const one of [...(this.listeners.get(effect.topic) ?? [])]) {
          one.onDelivery(effect.delivery);
        }
        break;
      case "clock":
        notePing(effect.at);
        break;
    }
  }

  private subscribeAgain(topic: string): void {
    const wanted = [...(this.listeners.get(topic) ?? [])].map((one) => one.since?.() ?? null);
    const lines = wanted.filter((line) => line !== null);
    // The listener that is furthest behind decides; the others drop what they have.
    const since = lines.length === 0 ? {} : { since: Math.min(...lines) };
    this.perform({ do: "send", frame: { op: "sub", topic, ...since } });
  }

  private connect(): void {
    clearTimeout(this.retry);
    if (this.wire !== null) return;
    let wire: Wire;
    try {
      wire = this.open();
    } catch {
      this.handle({ kind: "closed" });
      return;
    }
    this.wire = wire;
    wire.onopen = () => this.handle({ kind: "opened" });
    wire.onmessage = ({ data }) => this.message(data);
    wire.onclose = () => {
      if (this.wire === wire) this.hangUp();
    };
  }

  private hangUp(): void {
    const wire = this.wire;
    clearTimeout(this.silence);
    this.wire = null;
    if (wire === null) return;
    wire.onopen = wire.onclose = wire.onmessage = null;
    if (wire.readyState < 2) wire.close();
    this.handle({ kind: "closed" });
  }

  private message(data: unknown): void {
    if (typeof data !== "string") return;
    let frame: Frame;
    try {
      frame = JSON.parse(data) as Frame;
    } catch {
      this.hangUp(); // not our server's words
      return;
    }
    noteHeard();
    this.handle({ kind: "frame", frame });
  }

  private modeChanged(): void {
    clearInterval(this.polling);
    if (this.state.mode === "polling") {
      this.polling = setInterval(() => this.poll(), POLL_MS);
      this.poll();
    }
    for (const watcher of this.watchers) watcher();
  }

  private poll(): void {
    this.probe();
    for (const set of this.listeners.values()) {
      for (const one of [...set]) one.onDelivery({ kind: "poll" });
    }
  }
}

const address = () =>
  `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/api/v1/ws`;

async function probe(): Promise<void> {
  const answer = await fetch("/api/v1/health").catch(() => null);
  if (answer?.ok) noteHeard();
}

export const liveSocket = new LiveSocket(
  () => new WebSocket(address()),
  () => void probe(),
);
