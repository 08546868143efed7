/** React's side of a reader: opened and closed with the component, drawn once per frame. */
import { useEffect, useReducer, useRef, useState } from "react";
import { useTopic } from "@/live/useTopic";
import { type Batch, LogReader } from "../data/reader";
import type { Source } from "../data/source";

/**
 * A reader of `source`, a new one whenever `key` changes. `openAt` names the row to begin with;
 * undefined: the tail. A null source has no reader.
 */
export function useReader(
  key: string,
  source: Source | null,
  openAt: number | undefined,
): LogReader | undefined {
  const [reader, setReader] = useState<LogReader>();
  const latest = useRef({ source, openAt });
  latest.current = { source, openAt };
  useEffect(() => {
    const { source, openAt } = latest.current;
    if (source === null || key === "") return setReader(undefined);
    const made = new LogReader(source);
    setReader(made);
    void made.open(openAt);
    return () => made.close();
  }, [key]);
  useDrawn(reader);
  return reader;
}

/** Draws the component again when the reader has something new, at most once per frame. */
export function useDrawn(reader: LogReader | undefined): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (reader === undefined) return;
    let frame = 0;
    const stop = reader.subscribe(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    });
    draw();
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [reader]);
}

/** Keeps a reader of the whole log at the end of a log that is still written. */
export function useLiveLog(jobId: string, reader: LogReader | undefined): void {
  const { attempt, ended } = reader?.meta ?? { attempt: null, ended: true };
  const topic = attempt === null || ended ? null : `logs:${jobId}:${attempt}`;
  useTopic<Batch>(topic, {
    onData: (batch) => reader?.take(batch),
    onResync: () => void reader?.catchUp(),
    onEnd: () => void reader?.catchUp(),
    since: () => (reader?.store.total ?? 0) + 1,
  });
}

const POKE_MS = 300;

/** Lets a filtered reader look for new rows while the whole log grows, a few times a second. */
export function useFollowedFilter(
  filtered: LogReader | undefined,
  total: number,
  paused: boolean,
): void {
  const seen = useRef({ reader: filtered, total });
  useEffect(() => {
    if (filtered === undefined || paused) return;
    if (seen.current.reader === filtered && seen.current.total === total) return;
    const timer = setTimeout(() => {
      seen.current = { reader: filtered, total };
      void filtered.catchUp();
    }, POKE_MS);
    return () => clearTimeout(timer);
  }, [filtered, total, paused]);
}
