/** Drives the state machine with a real line to the server, timers and the listeners of topics. */
import { noteBroken, noteHeard, notePing } from "./clock";
import { EventLine, type Line, type Wanted } from "./events";
import {
  type Delivery,
  type Effect,
  type Event,
  type Frame,
  initial,
  type Mode,
  type State,
  step,
  type Way,
} from "./machine";

export const POLL_MS = 5000;
/** A call that is neither taken nor refused for so long is not going to be. */
export const CALL_MS = 10_000;
/** So often it is tried whether the socket passes by now, while events stand in for it. */
export const UPGRADE_MS = 60_000;

export type Listener = {
  /** What came; `poll` asks the listener to read for itself, as no socket comes up. */
  onDelivery(delivery: Delivery | { kind: "poll" }): void;
  /** Where to go on from after a break (next log line wanted); null means from the present. */
  since?(): number | null;
};

export class LiveSocket {
  private state: State = initial;
  private wire: Line | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private polling: ReturnType<typeof setInterval> | undefined;
  private upgrade: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly watchers = new Set<() => void>();
  private started = false;

  /** `probe` asks the server for a sign of life while no socket comes up. */
  constructor(
    private readonly open: () => Line,
    private readonly probe: () => void = () => {},
    private readonly openEvents: ((wanted: () => Wanted) => Line) | undefined = undefined,
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
    if (before === "live" && state.mode !== "live") noteBroken();
    for (const effect of effects) this.perform(effect);
    if (this.state.mode !== before) this.modeChanged();
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        this.connect(effect.way);
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
    const since = this.sinceOf(topic);
    this.perform({
      do: "send",
      frame: since === null ? { op: "sub", topic } : { op: "sub", topic, since },
    });
  }

  private sinceOf(topic: string): number | null {
    const wanted = [...(this.listeners.get(topic) ?? [])].map((one) => one.since?.() ?? null);
    const lines = wanted.filter((line) => line !== null);
    // The listener that is furthest behind decides; the others drop what they have.
    return lines.length === 0 ? null : Math.min(...lines);
  }

  private wanted(): Wanted {
    return new Map([...this.state.topics.keys()].map((topic) => [topic, this.sinceOf(topic)]));
  }

  private connect(way: Way): void {
    clearTimeout(this.retry);
    if (this.wire !== null) return;
    let wire: Line;
    try {
      const events = way === "events" ? this.openEvents : undefined;
      wire = events?.(() => this.wanted()) ?? this.open();
    } catch {
      this.handle({ kind: "closed" });
      return;
    }
    this.wire = wire;
    this.silence = setTimeout(() => this.handle({ kind: "silence" }), CALL_MS);
    wire.onopen = () => {
      this.handle({ kind: "opened" });
      if (way === "events") this.upgrade = setInterval(() => this.tryUpgrade(), UPGRADE_MS);
    };
    wire.onmessage = ({ data }) => this.message(data);
    wire.onclose = () => {
      if (this.wire === wire) this.hangUp();
    };
  }

  private hangUp(): void {
    const wire = this.wire;
    clearTimeout(this.silence);
    clearInterval(this.upgrade);
    this.wire = null;
    if (wire === null) return;
    wire.onopen = wire.onclose = wire.onmessage = null;
    if (wire.readyState < 2) wire.close();
    this.handle({ kind: "closed" });
  }

  /** Goes back to the socket as soon as one comes up. */
  private tryUpgrade(): void {
    try {
      const trial = this.open();
      trial.onopen = () => {
        trial.close();
        this.hangUp();
      };
    } catch {
      // It is still blocked.
    }
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
  (wanted) => new EventLine(wanted),
);
