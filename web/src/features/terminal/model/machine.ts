/** The life of a terminal's connection as a pure state machine. */

export type State =
  | { phase: "idle" }
  | { phase: "connecting"; tries: number }
  /** `entered`: the shell has said something, so that there is one to lose. */
  | { phase: "open"; tries: number; entered: boolean }
  | { phase: "retrying"; tries: number; inMs: number; detail: string }
  /** The connection broke, and with it the shell. */
  | { phase: "lost" }
  | { phase: "ended"; code: number; error: string }
  | { phase: "refused"; code: string; detail: string };

export type Event =
  | { kind: "connect" }
  | { kind: "opened" }
  | { kind: "output" }
  | { kind: "exit"; code: number; error: string }
  | { kind: "error"; code: string; detail: string; chance: number }
  | { kind: "closed"; code: number; chance: number }
  | { kind: "leave" };

export const IDLE: State = { phase: "idle" };
const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** Close codes that asking again does not help, by the error that they stand for. */
const FINAL: Readonly<Record<number, string>> = {
  1011: "internal",
  4400: "invalid_request",
  4401: "unauthenticated",
  4403: "forbidden",
  4404: "not_found",
  4409: "conflict",
};

function retrying(tries: number, detail: string, chance: number): State {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** tries);
  // Many pages lose one server at the same moment; they do not all come back at once.
  return { phase: "retrying", tries: tries + 1, inMs: full * (0.5 + chance / 2), detail };
}

function closed(state: State, code: number, chance: number): State {
  if (state.phase !== "connecting" && state.phase !== "open") return state;
  // A shell is never opened anew unasked: whoever types would type into another one.
  if (state.phase === "open" && state.entered) return { phase: "lost" };
  const final = FINAL[code];
  if (final !== undefined) return { phase: "refused", code: final, detail: "" };
  return retrying(state.tries, "", chance);
}

/** The state after an event; what does not fit the state changes nothing. */
export function step(state: State, event: Event): State {
  switch (event.kind) {
    case "connect":
      if (state.phase === "connecting" || state.phase === "open") return state;
      return { phase: "connecting", tries: state.phase === "retrying" ? state.tries : 0 };
    case "opened":
      return state.phase === "connecting"
        ? { phase: "open", tries: state.tries, entered: false }
        : state;
    case "output":
      return state.phase === "open" && !state.entered
        ? { phase: "open", tries: 0, entered: true }
        : state;
    case "exit":
      return state.phase === "open"
        ? { phase: "ended", code: event.code, error: event.error }
        : state;
    case "error":
      if (state.phase !== "open") return state;
      if (event.code === "unavailable" && !state.entered) {
        return retrying(state.tries, event.detail, event.chance);
      }
      return { phase: "refused", code: event.code, detail: event.detail };
    case "closed":
      return closed(state, event.code, event.chance);
    case "leave":
      return IDLE;
  }
}
