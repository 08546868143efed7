/** The resource samples of one attempt: the stored ones, and those that come while one looks. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { useTopic } from "@/live/useTopic";
import { type Columns, columnsOf, mergeSamples, type Sample } from "../model/samples";
import { isFinished, type Job } from "../model/timeline";

const MOST_STORED = 3600;

export type Stats = {
  samples: readonly Sample[];
  columns: Columns;
  isPending: boolean;
  error: unknown;
  retry: () => void;
};

type Cached = { attempt: number | null; items: Sample[] };

/** `attempt`: its number; null: the newest one, if there is any. */
export function useStats(job: Job, attempt: number | null): Stats {
  const client = useQueryClient();
  const newest = job.attempts.at(-1)?.number ?? null;
  const number = attempt ?? newest;
  const key = keys.jobs.stats(job.id, number ?? 0);
  const query = useQuery({
    queryKey: key,
    queryFn: async ({ signal }): Promise<Cached> => {
      const read = await unwrap(
        api.GET("/jobs/{key}/stats", {
          params: {
            path: { key: job.id },
            query: { limit: MOST_STORED, ...(number === null ? {} : { attempt: number }) },
          },
          signal,
        }),
      );
      // What came live during the question must not be lost.
      const known = client.getQueryData<Cached>(key)?.items ?? [];
      return { attempt: read.attempt, items: mergeSamples(read.items, known) };
    },
    enabled: number !== null,
  });
  const live = number !== null && number === newest && !isFinished(job);
  useTopic<{ points: Sample[] }>(live ? `stats:${job.id}` : null, {
    onData: ({ points }) =>
      client.setQueryData<Cached>(key, (before) => ({
        attempt: number,
        items: mergeSamples(before?.items ?? [], points),
      })),
    onResync: () => void client.invalidateQueries({ queryKey: key }),
    onEnd: () => void client.invalidateQueries({ queryKey: key }),
  });
  const samples = query.data?.items ?? NONE;
  const columns = useMemo(() => columnsOf(samples), [samples]);
  return {
    samples,
    columns,
    isPending: number !== null && query.isPending,
    error: query.error,
    retry: () => void query.refetch(),
  };
}

const NONE: readonly Sample[] = [];
