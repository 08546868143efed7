/** Which topic keeps which cached data fresh. A page calls the hooks of what it shows. */
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Schemas } from "@/api/client";
import { keys } from "@/api/keys";
import { noteRows, patchRows } from "@/api/latestRows";
import { useTopic } from "./useTopic";

type JobRow = Schemas["JobRowView"];
type JobPage = Schemas["JobPage"];

/** The newest `size` jobs after some changed or came. */
export function patchRecent(page: JobPage, changed: readonly JobRow[], size: number): JobPage {
  const rows = new Map(page.items.map((row) => [row.id, row]));
  for (const row of changed) {
    const known = rows.get(row.id);
    if (known === undefined || row.version >= known.version) rows.set(row.id, row);
  }
  const items = [...rows.values()].sort((a, b) => b.submitted_at.localeCompare(a.submitted_at));
  return { ...page, items: items.slice(0, size) };
}

const RECENT = 5;

/** Keeps every cached list of jobs fresh; `onRows` hears what changed or is new. */
export function useJobsTopic(onRows?: (rows: readonly JobRow[]) => void): void {
  const client = useQueryClient();
  useTopic<{ rows: JobRow[] }>("jobs", {
    onData({ rows }) {
      noteRows(rows);
      const changed = new Map(rows.map((row) => [row.id, row]));
      client.setQueriesData<InfiniteData<JobPage, string | null>>(
        { queryKey: keys.jobs.lists() },
        (data) =>
          data && {
            ...data,
            pages: data.pages.map((page) => ({ ...page, items: patchRows(page.items, changed) })),
          },
      );
      client.setQueryData<JobPage>(
        keys.jobs.recent(),
        (page) => page && patchRecent(page, rows, RECENT),
      );
      onRows?.(rows);
    },
    onResync() {
      void client.invalidateQueries({ queryKey: keys.jobs.lists() });
      void client.invalidateQueries({ queryKey: keys.jobs.counts({}).slice(0, 2) });
      void client.invalidateQueries({ queryKey: keys.jobs.recent() });
    },
  });
}

/** Keeps the numbers of the dashboard fresh. */
export function useSummaryTopic(): void {
  const client = useQueryClient();
  useTopic<Schemas["Summary"]>("summary", {
    onData: (summary) => client.setQueryData(keys.summary(), summary),
    onResync: () => void client.invalidateQueries({ queryKey: keys.summary() }),
  });
}

/** Keeps one job fresh until it has ended and been cleaned up. */
export function useJobTopic(id: string): void {
  const client = useQueryClient();
  const reread = () => void client.invalidateQueries({ queryKey: keys.jobs.one(id) });
  useTopic<Schemas["JobView"]>(`job:${id}`, {
    onData: (job) => client.setQueryData(keys.jobs.one(job.id), job),
    onResync: reread,
    onEnd: reread,
  });
}

const REREAD_EVERY_MS = 1000;

/** Reads again what is named, at most once a second however much changes. */
function useReread(...names: readonly (readonly unknown[])[]): () => void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      for (const queryKey of names) void client.invalidateQueries({ queryKey });
    }, REREAD_EVERY_MS);
  };
}

/** Keeps the queue fresh. */
export function useQueueTopic(): void {
  const reread = useReread(keys.queue());
  useTopic("queue", { onData: reread, onResync: reread });
}

/** Keeps workers fresh: lists are read again, as which rows belong depends on their filters. */
export function useWorkersTopic(): void {
  const reread = useReread(keys.workers.all());
  useTopic("workers", { onData: reread, onResync: reread });
}

/** Keeps providers fresh. */
export function useProvidersTopic(): void {
  const reread = useReread(keys.providers.all());
  useTopic("providers", { onData: reread, onResync: reread });
}

/** Keeps schedules and what came of them fresh. */
export function useSchedulesTopic(): void {
  const reread = useReread(keys.schedules.all());
  useTopic("schedules", { onData: reread, onResync: reread });
}
