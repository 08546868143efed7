/**
 * The live connection as a pure state machine: events in, a new state and effects out.
 *
 * One socket per tab carries all topics. A topic is asked for while anybody listens; after a
 * break it is asked for again. Where no socket has ever come up, server-sent events are tried in
 * turn with it; while neither comes up, listeners are told to poll.
 */

/** What carries the topics. */
export type Way = "socket" | "events";

export type Mode = "connecting" | "live" | "reconnecting" | "polling" | "offline";

export type Frame =
  | { topic: string; seq: number; data: unknown }
  | { op: "resync"; topic: string }
  | { op: "end"; topic: string; [more: string]: unknown }
  | { op: "error"; topic: string | null; code: string; detail: string }
  | { op: "ping"; at: string };

export type Event =
  | { kind: "start" }
  | { kind: "opened" }
  | { kind: "closed" }
  | { kind: "frame"; frame: Frame }
  | { kind: "retry" }
  | { kind: "silence" }
  | { kind: "network"; up: boolean }
  | { kind: "want"; topic: string; since: number | null }
  | { kind: "drop"; topic: string };

export type Delivery =
  | { kind: "data"; data: unknown; seq: number }
  | { kind: "resync" }
  | { kind: "end"; end: Record<string, unknown> }
  | { kind: "refused"; code: string; detail: string };

export type Effect =
  | { do: "connect"; way: Way }
  | { do: "hangUp" }
  | { do: "send"; frame: { op: "sub" | "unsub"; topic: string; since?: number } }
  | { do: "retryIn"; ms: number }
  | { do: "watchSilence"; ms: number }
  | { do: "deliver"; topic: string; delivery: Delivery }
  | { do: "askSince"; topic: string }
  | { do: "clock"; at: string };

type Topic = Readonly<{ seq: number }>;

export type State = Readonly<{
  mode: Mode;
  /** Failed attempts since the last time that the socket was open. */
  failures: number;
  /** Whether the line has ever been open: only then is a break a gap in what was shown. */
  wasOpen: boolean;
  /** What is open, or is tried now or next. */
  way: Way;
  /** Whether a socket has ever come up here: then it is only away, not blocked. */
  socketWorks: boolean;
  topics: ReadonlyMap<string, Topic>;
}>;

export const FIRST_RETRY_MS = 500;
export const LAST_RETRY_MS = 15_000;
/** A server pings every 15 s; after this long without any frame the line is dead. */
export const SILENCE_MS = 40_000;
/** So many failures of a socket that never worked mean that something in between blocks it. */
export const EVENTS_AFTER = 2;
/** So many failures in a row mean that nothing comes up for now. */
export const POLL_AFTER = 4;

export const initial: State = {
  mode: "connecting",
  failures: 0,
  wasOpen: false,
  way: "socket",
  socketWorks: false,
  topics: new Map(),
};

/** The wait before attempt `failures` + 1, between half and all of a doubling step. */
export function backoff(failures: number, chance: number): number {
  const step = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(step * (0.5 + chance / 2));
}

type Step = readonly [State, readonly Effect[]];

const subscribe = (topic: string, since: number | null): Effect => ({
  do: "send",
  frame: since === null ? { op: "sub", topic } : { op: "sub", topic, since },
});

/** What `event` makes of `state`; `chance` (0 to 1) spreads the retries of many tabs. */
export function step(state: State, event: Event, chance: number): Step {
  switch (event.kind) {
    case "start":
    case "retry":
      return state.mode === "offline" ? [state, []] : [state, [{ do: "connect", way: state.way }]];
    case "opened":
      return opened(state);
    case "closed":
      return closed(state, chance);
    case "silence":
      return [state, [{ do: "hangUp" }]];
    case "network":
      return network(state, event.up);
    case "want":
      return want(state, event.topic, event.since);
    case "drop":
      return drop(state, event.topic);
    case "frame":
      return receive(state, event.frame);
  }
}

function opened(state: State): Step {
  const effects: Effect[] = [{ do: "watchSilence", ms: SILENCE_MS }];
  const topics = new Map<string, Topic>();
  for (const topic of state.topics.keys()) {
    topics.set(topic, { seq: 0 });
    effects.push({ do: "askSince", topic });
    // Whatever happened while nobody listened is read again.
    if (state.wasOpen || state.mode === "polling") {
      effects.push({ do: "deliver", topic, delivery: { kind: "resync" } });
    }
  }
  const socketWorks = state.socketWorks || state.way === "socket";
  return [{ ...state, mode: "live", failures: 0, wasOpen: true, socketWorks, topics }, effects];
}

function closed(state: State, chance: number): Step {
  if (state.mode === "offline") return [state, []];
  const failures = state.failures + 1;
  const blocked = failures >= POLL_AFTER;
  const mode = blocked ? "polling" : state.wasOpen ? "reconnecting" : "connecting";
  const way = !state.socketWorks && failures >= EVENTS_AFTER && failures % 2 === 0;
  const next: State = { ...state, mode, failures, way: way ? "events" : "socket" };
  return [next, [{ do: "retryIn", ms: backoff(failures, chance) }]];
}

function network(state: State, up: boolean): Step {
  if (!up) return [{ ...state, mode: "offline" }, [{ do: "hangUp" }]];
  if (state.mode !== "offline") return [state, []];
  const mode = state.wasOpen ? "reconnecting" : "connecting";
  return [{ ...state, mode, failures: 0, way: "socket" }, [{ do: "connect", way: "socket" }]];
}

function want(state: State, topic: string, since: number | null): Step {
  const topics = new Map(state.topics).set(topic, { seq: 0 });
  return [{ ...state, topics }, state.mode === "live" ? [subscribe(topic, since)] : []];
}

function drop(state: State, topic: string): Step {
  if (!state.topics.has(topic)) return [state, []];
  const topics = new Map(state.topics);
  topics.delete(topic);
  const leave: Effect = { do: "send", frame: { op: "unsub", topic } };
  return [{ ...state, topics }, state.mode === "live" ? [leave] : []];
}

function receive(state: State, frame: Frame): Step {
  const alive: Effect = { do: "watchSilence", ms: SILENCE_MS };
  if (!("op" in frame)) return data(state, frame.topic, frame.seq, frame.data, alive);
  switch (frame.op) {
    case "ping":
      return [state, [alive, { do: "clock", at: frame.at }]];
    case "resync":
      return [state, [alive, deliver(frame.topic, { kind: "resync" })]];
    case "end": {
      const topics = new Map(state.topics);
      topics.delete(frame.topic);
      return [{ ...state, topics }, [alive, deliver(frame.topic, { kind: "end", end: frame })]];
    }
    case "error": {
      if (frame.topic === null) return [state, [alive]];
      const topics = new Map(state.topics);
      topics.delete(frame.topic);
      const delivery: Delivery = { kind: "refused", code: frame.code, detail: frame.detail };
      return [{ ...state, topics }, [alive, deliver(frame.topic, delivery)]];
    }
  }
}

const deliver = (topic: string, delivery: Delivery): Effect => ({ do: "deliver", topic, delivery });

function data(state: State, topic: string, seq: number, body: unknown, alive: Effect): Step {
  const known = state.topics.get(topic);
  if (known === undefined) return [state, [alive]]; // left in the meantime
  const topics = new Map(state.topics).set(topic, { seq });
  const effects = [alive, deliver(topic, { kind: "data", data: body, seq })];
  // Frames are counted: a missing number means that something was lost on the way.
  if (known.seq > 0 && seq !== known.seq + 1) effects.push(deliver(topic, { kind: "resync" }));
  return [{ ...state, topics }, effects];
}
