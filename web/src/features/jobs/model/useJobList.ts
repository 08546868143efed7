/** The list that the address names: its rows, its counts, and how many jobs are new since. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type JobRow, jobCountsQuery, jobListQuery } from "@/api/queries/jobs";
import { useJobsTopic } from "@/live/topics";
import type { JobsSearch } from "../search";
import { matches, toFilters } from "./filters";

const COUNTS_EVERY_MS = 1500;

export function useJobList(search: JobsSearch) {
  const filters = useMemo(() => toFilters(search), [search]);
  const list = useInfiniteQuery({ ...jobListQuery(filters), placeholderData: keepPreviousData });
  const counts = useQuery({ ...jobCountsQuery(filters), placeholderData: keepPreviousData });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const arrivals = useArrivals(search, rows);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return { list, rows, counts: counts.data?.counts ?? null, loadMore, ...arrivals };
}

function latest(rows: readonly JobRow[]): string {
  let found = "";
  for (const row of rows) if (row.submitted_at > found) found = row.submitted_at;
  return found;
}

/** Counts the jobs that came after the list was read, and rereads the numbers while they change. */
function useArrivals(search: JobsSearch, rows: readonly JobRow[]) {
  const client = useQueryClient();
  const known = useMemo(() => new Set(rows.map((row) => row.id)), [rows]);
  const newest = useMemo(() => latest(rows), [rows]);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useJobsTopic((changed) => {
    const arrived = changed.filter(
      (row) => !known.has(row.id) && row.submitted_at > newest && matches(row, search),
    );
    if (arrived.length > 0) {
      setFresh((before) => new Set([...before, ...arrived.map((row) => row.id)]));
    }
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: jobCountsQuery(toFilters(search)).queryKey });
    }, COUNTS_EVERY_MS);
  });
  const count = [...fresh].filter((id) => !known.has(id)).length;
  return { newCount: count, forgetNew: () => setFresh(new Set()) };
}
