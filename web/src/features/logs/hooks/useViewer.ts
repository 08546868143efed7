/** Everything that a viewer knows: the log as it is read, what is on show, and how to go places. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { type Job, jobQuery, TERMINAL } from "@/api/queries/jobs";
import { useJobTopic } from "@/live/topics";
import type { LogReader } from "../data/reader";
import { filteredLog, wholeLog } from "../data/source";
import { type Group, hiddenBy, revealing } from "../model/fold";
import { type LineRange, openingOf } from "../model/permalink";
import { RowMap } from "../model/rows";
import {
  after,
  type Happening,
  newRows,
  type Session,
  shownRows,
  startSession,
} from "../model/session";
import { type Filter, filterOf, type Settings } from "../model/settings";
import { type Marks, useMarks } from "./useMarks";
import { useFollowedFilter, useLiveLog, useReader } from "./useReader";

/** A place of the list that the console brings on show as soon as it is there. */
export type Target = { readonly place: number; readonly align: "start" | "centre" };

export type Viewer = {
  readonly jobId: string;
  readonly job: Job | undefined;
  readonly jobError: unknown;
  readonly attempt: number | undefined;
  /** The whole log; undefined while the job has no attempt. */
  readonly base: LogReader | undefined;
  /** The list on show: the whole log or a filtered view of it. */
  readonly list: LogReader | undefined;
  readonly filter: Filter | undefined;
  readonly rows: RowMap;
  readonly session: Session;
  readonly fresh: number;
  readonly dispatch: (what: Happening) => void;
  readonly marks: Marks | undefined;
  /** Lines per level, as far as they are known. */
  readonly counts: Readonly<Record<string, number>>;
  readonly groups: readonly Group[];
  readonly folded: ReadonlySet<number>;
  readonly fold: (folded: ReadonlySet<number>) => void;
  /** The line that was gone to last. */
  readonly cursor: number | undefined;
  readonly goTo: (line: number) => void;
  readonly goToEnd: (end: "top" | "bottom") => void;
  readonly target: { current: Target | undefined };
  /** Number of the first line that is seen, as the console last said. */
  readonly topLine: { current: number };
};

const FAILED = new Set(["FAILED", "TIMEOUT"]);
const NONE: ReadonlySet<number> = new Set();
type Show = (place: number, align: Target["align"]) => void;
type Act = { what: Happening; total: number } | { start: Session };

const act = (session: Session, action: Act): Session =>
  "start" in action
    ? action.start
    : after(after(session, { type: "grew", total: action.total }), action.what);

export function useViewer(jobId: string, settings: Settings, range: LineRange | undefined): Viewer {
  const { data: job, error: jobError } = useQuery(jobQuery(jobId));
  useJobTopic(jobId);
  const newest = job?.attempts.at(-1)?.number;
  const attempt = settings.attempt ?? newest;
  const key = attempt === undefined ? "" : `${jobId}/${attempt}`;
  const source = useMemo(
    () => (attempt === undefined ? null : wholeLog(jobId, attempt)),
    [jobId, attempt],
  );
  const base = useReader(key, source, firstRow(job, range));
  useLiveLog(jobId, base);

  const total = base?.store.total ?? 0;
  const [stored, send] = useReducer(act, startSession(0, true));
  const session = after(stored, { type: "grew", total });
  const dispatch = useCallback(
    (what: Happening) => send({ what, total: base?.store.total ?? 0 }),
    [base],
  );

  const filter = filterOf(settings, session.cleared);
  const filterKey = filter === undefined ? "" : JSON.stringify(filter);
  const filtered = useFiltered(jobId, attempt, filterKey);
  useFollowedFilter(filtered, total, session.frozen !== undefined);
  const list = useShownList(base, filter === undefined ? base : filtered);

  const ended = base?.meta?.ended ?? false;
  const { marks, groups } = useMarks(jobId, attempt ?? null, total, ended);
  const counts = countsOf(base, marks);
  const [folded, fold] = useState(NONE);
  const { cleared } = session;
  const [opened, setOpened] = useState<LogReader>();
  const plain = list === base;
  const existing = plain ? shownRows(session) : (list?.store.total ?? 0);
  const shown = opened === base ? existing : 0;
  const rows = useMemo(
    () => new RowMap(shown, plain ? [{ from: 0, to: cleared }, ...hiddenBy(groups, folded)] : []),
    [shown, plain, cleared, groups, folded],
  );

  const target = useRef<Target>(undefined);
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const show = useCallback((place: number, align: Target["align"]) => {
    target.current = { place, align };
    draw();
  }, []);
  const topLine = useRef(1);
  const [cursor, setCursor] = useState<number>();
  const going = useRef<{ list: LogReader | undefined; line: number }>(undefined);
  const goTo = useCallback(
    (line: number) => {
      setCursor(line);
      topLine.current = line;
      dispatch({ type: "unfollow" });
      fold((now) => revealing(groups, now, line));
      going.current = { list, line };
      const { current } = going;
      void list?.rowOf(line).then((row) => going.current === current && show(row, "centre"));
    },
    [list, groups, dispatch, show],
  );
  const goToEnd = useCallback(
    (end: "top" | "bottom") => {
      going.current = undefined;
      dispatch({ type: end === "bottom" ? "follow" : "unfollow" });
      if (end === "top") show(0, "start");
    },
    [dispatch, show],
  );

  useOpening({ base, job, range, opened, setOpened, send, goTo, show });
  useKeptPlace({ list, base, opened: opened === base, topLine, show, follow: session.follow });

  return {
    ...{ jobId, job, jobError, attempt, base, list, filter, rows, session, dispatch },
    fresh: plain || session.frozen !== undefined ? newRows(session) : 0,
    ...{ marks, counts, groups, folded, fold, cursor, goTo, goToEnd, target, topLine },
  };
}

/** Warnings and errors are counted as the log is stored; the other levels take a look at it. */
function countsOf(base: LogReader | undefined, marks: Marks | undefined) {
  if (marks !== undefined) return marks.counts;
  const meta = base?.meta;
  if (meta === undefined) return {};
  return { ...(meta.total === 0 && { INFO: 0 }), WARN: meta.warn_count, ERROR: meta.error_count };
}

/** The list that is wanted once it has been read; until then the one before it stays. */
function useShownList(base: LogReader | undefined, wanted: LogReader | undefined) {
  const last = useRef({ base, list: wanted });
  const read = wanted !== undefined && (wanted.ready || wanted.error !== undefined);
  if (read || last.current.base !== base) last.current = { base, list: wanted };
  return last.current.list;
}

function useFiltered(jobId: string, attempt: number | undefined, filterKey: string) {
  const source = useMemo(
    () => (filterKey === "" ? null : filteredLog(jobId, attempt, JSON.parse(filterKey) as Filter)),
    [jobId, attempt, filterKey],
  );
  return useReader(source === null ? "" : `${jobId}/${attempt}/${filterKey}`, source, undefined);
}

/** The row to read first, as far as it is known before the log is: else its tail. */
function firstRow(job: Job | undefined, range: LineRange | undefined): number | undefined {
  if (range !== undefined) return range.first - 1;
  return job !== undefined && TERMINAL.has(job.state) && !FAILED.has(job.state) ? 0 : undefined;
}

type Opening = {
  base: LogReader | undefined;
  job: Job | undefined;
  range: LineRange | undefined;
  opened: LogReader | undefined;
  setOpened: (base: LogReader) => void;
  send: (action: Act) => void;
  goTo: (line: number) => void;
  show: Show;
};

/** Once per attempt: where the viewer begins. */
function useOpening(options: Opening): void {
  const { base, job, range, opened, setOpened, send, goTo, show } = options;
  const meta = base?.meta;
  useEffect(() => {
    if (base === undefined || meta === undefined || job === undefined || opened === base) return;
    const opening = openingOf({
      hash: opened === undefined ? range : undefined,
      failed: FAILED.has(job.state) && job.attempts.at(-1)?.number === meta.attempt,
      ended: meta.ended,
      firstError: meta.first_error,
    });
    setOpened(base);
    send({ start: startSession(meta.total, opening.at === "end") });
    if (opening.at === "line") goTo(opening.line);
    else if (opening.at === "top") show(0, "start");
  }, [base, meta, job, range, opened, setOpened, send, goTo, show]);
}

type Keeping = {
  list: LogReader | undefined;
  base: LogReader | undefined;
  opened: boolean;
  topLine: { current: number };
  show: Show;
  follow: boolean;
};

/** Another list shows the same part of the log as the one before, unless it follows. */
function useKeptPlace({ list, base, opened, topLine, show, follow }: Keeping): void {
  const shown = useRef<LogReader>(undefined);
  const seen = useRef({ list, line: topLine.current });
  // Read before the console of the new list says where that one begins.
  if (seen.current.list !== list) seen.current = { list, line: topLine.current };
  const ready = opened && (list?.ready ?? false);
  useEffect(() => {
    if (list === undefined || !ready || shown.current === list) return;
    const opening = shown.current === undefined && list === base;
    shown.current = list;
    if (opening || follow) return;
    void list.rowOf(seen.current.line).then((row) => {
      if (shown.current === list) show(row, "start");
    });
  }, [list, base, ready, follow, show]);
}
