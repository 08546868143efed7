/** The search over the whole log: how many lines match, which one is current, next and previous. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type ApiError, isApiError } from "@/api/problem";
import { type Found, find, type Sought } from "../data/find";
import { Matches, PAGE, type Query, stepped } from "../model/search";

const AGAIN_MS = 1000;

export type Search = {
  /** Undefined while it is not known. */
  readonly total: number | undefined;
  /** Place of the current match among all, from 0. */
  readonly place: number | undefined;
  readonly line: number | undefined;
  readonly buckets: Pick<Found, "bucket_lines" | "buckets"> | undefined;
  readonly error: ApiError | undefined;
  readonly busy: boolean;
  readonly step: (direction: 1 | -1) => void;
};

type State = {
  matches: Matches;
  place: number | undefined;
  buckets: Search["buckets"];
  known: boolean;
  error: ApiError | undefined;
};

const nothing = (): State => ({
  matches: new Matches(),
  place: undefined,
  buckets: undefined,
  known: false,
  error: undefined,
});

type Options = {
  sought: Omit<Sought, "query">;
  query: Query;
  /** Lines of the log; more of them may hold more matches. */
  total: number;
  /** The line from which a new search looks first. */
  startLine: () => number;
  onGo: (line: number) => void;
};

export function useSearch({ sought, query, total, startLine, onGo }: Options): Search {
  const [state, setState] = useState(nothing);
  const [busy, setBusy] = useState(false);
  const latest = useRef({ onGo, startLine });
  latest.current = { onGo, startLine };
  const { jobId, attempt, stream } = sought;
  const levels = sought.levels.join();
  const asked = useMemo<Sought>(
    () => ({ jobId, attempt, stream, query, levels: levels === "" ? [] : split(levels) }),
    [jobId, attempt, stream, query, levels],
  );

  useEffect(() => {
    setState(nothing());
    if (asked.query?.text === "") return;
    const controller = new AbortController();
    setBusy(true);
    begin(asked, latest.current.startLine(), controller.signal)
      .then((made) => {
        setState(made);
        const line = made.place === undefined ? undefined : made.matches.at(made.place);
        if (line !== undefined) latest.current.onGo(line);
      })
      .catch((error: unknown) => {
        if (isApiError(error)) setState({ ...nothing(), error });
        else if (!(error instanceof DOMException)) throw error;
      })
      .finally(() => setBusy(false));
    return () => controller.abort();
  }, [asked]);

  useGrowth(asked, total, state, setState);

  const step = useCallback(
    (direction: 1 | -1) => {
      const next = stepped(state.place, direction, state.matches.total);
      if (next === undefined) return;
      void lineAt(asked, state.matches, next).then((line) => {
        if (line === undefined) return;
        setState((now) => (now.matches === state.matches ? { ...now, place: next } : now));
        latest.current.onGo(line);
      });
    },
    [asked, state.place, state.matches],
  );

  return {
    total: state.known ? state.matches.total : undefined,
    place: state.place,
    line: state.place === undefined ? undefined : state.matches.at(state.place),
    buckets: state.buckets,
    error: state.error,
    busy,
    step,
  };
}

const split = (levels: string) => levels.split(",") as unknown as Sought["levels"];

/** The first page and the first match at or after a line. */
async function begin(asked: Sought, line: number, signal: AbortSignal): Promise<State> {
  const matches = new Matches();
  const first = await find(asked, { offset: 0, limit: PAGE }, signal);
  matches.put(0, first.line_numbers, first.total);
  let place = first.line_numbers.findIndex((number) => number >= line);
  if (place < 0 && first.total > first.line_numbers.length) {
    const ahead = await find(asked, { from: line, limit: 1 }, signal);
    place = ahead.offset < ahead.total ? ahead.offset : 0;
    await lineAt(asked, matches, place);
  }
  const none = first.total === 0;
  return {
    matches,
    place: none ? undefined : Math.max(0, place),
    buckets: first,
    known: true,
    error: undefined,
  };
}

/** The line of a match, its page fetched when it was not. */
async function lineAt(asked: Sought, matches: Matches, place: number): Promise<number | undefined> {
  const known = matches.at(place);
  if (known !== undefined) return known;
  const offset = Math.floor(place / PAGE) * PAGE;
  const found = await find(asked, { offset, limit: PAGE });
  matches.put(offset, found.line_numbers, found.total);
  return matches.at(place);
}

/** While the log grows the count of matches grows with it. */
function useGrowth(
  asked: Sought,
  total: number,
  state: State,
  setState: (change: (now: State) => State) => void,
): void {
  const counted = useRef(total);
  const { matches, known } = state;
  useEffect(() => {
    if (!known || counted.current === total) return;
    const timer = setTimeout(() => {
      counted.current = total;
      find(asked, { offset: matches.total, limit: 1 })
        .then((found) => {
          matches.grow(found.total);
          setState((now) => (now.matches === matches ? { ...now, buckets: found } : now));
        })
        .catch(() => undefined); // the next line tries again
    }, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [asked, total, matches, known, setState]);
}
