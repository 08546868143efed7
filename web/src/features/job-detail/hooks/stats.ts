/** The resource samples of one attempt: the stored ones, and those that come while one looks. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { useOnShow } from "@/lib/media";
import { useTopic } from "@/live/useTopic";
import { type Columns, columnsOf, mergeSamples, type Sample } from "../model/samples";
import { isFinished, type Job } from "../model/timeline";

const MOST_STORED = 3600;
/** A hidden page takes no more samples after so long; it reads them when it is shown again. */
const HIDDEN_MS = 30_000;

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
  const onShow = useOnShow(HIDDEN_MS);
  const wasHidden = useRef(false);
  const { refetch } = query;
  useEffect(() => {
    if (onShow && wasHidden.current && number !== null) void refetch();
    wasHidden.current = !onShow;
  }, [onShow, number, refetch]);
  useTopic<{ points: Sample[] }>(live && onShow ? `stats:${job.id}` : null, {
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
