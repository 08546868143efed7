/** Jobs: reading them, and what can be done with them. */
import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import { newest } from "../latestRows";
import type { operations } from "../schema";

export type Job = Schemas["JobView"];
export type JobRow = Schemas["JobRowView"];
export type JobState = Schemas["JobState"];
export type JobPage = Schemas["JobPage"];
export type JobSpec = Schemas["JobSpec"];
export type Results = Schemas["Results"];

type ListQuery = NonNullable<operations["listJobs"]["parameters"]["query"]>;
/** The filters of GET /jobs, without paging. */
export type JobFilters = Omit<ListQuery, "cursor" | "limit" | "counts">;

export const TERMINAL: ReadonlySet<JobState> = new Set([
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "TIMEOUT",
]);

/** A job whose cancelling was asked for and has not been proven yet. */
export const isCancelling = (job: Pick<JobRow, "state" | "cancel_requested_at">): boolean =>
  job.cancel_requested_at !== null && !TERMINAL.has(job.state);

const PAGE = 100;

export const jobListQuery = (filters: JobFilters) =>
  infiniteQueryOptions({
    queryKey: keys.jobs.list(filters),
    queryFn: ({ pageParam, signal }) => {
      const query: ListQuery = { ...filters, limit: PAGE, counts: "0" };
      if (pageParam !== null) query.cursor = pageParam;
      return unwrap(api.GET("/jobs", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: JobPage) => page.next_cursor,
    select: (data: InfiniteData<JobPage, string | null>) => ({
      ...data,
      pages: data.pages.map((page) => ({ ...page, items: newest(page.items) })),
    }),
  });

/** Jobs per state under the other filters. */
export const jobCountsQuery = ({ sort: _, ...filters }: JobFilters) =>
  queryOptions({
    queryKey: keys.jobs.counts(filters),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/jobs", { params: { query: { ...filters, limit: 1, counts: "1" } }, signal }),
      ),
  });

export const recentJobsQuery = () =>
  queryOptions({
    queryKey: keys.jobs.recent(),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/jobs", { params: { query: { limit: 5, counts: "0" } }, signal })),
    select: (page: JobPage) => ({ ...page, items: newest(page.items) }),
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: keys.jobs.one(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/jobs/{key}", { params: { path: { key: id } }, signal })),
  });

export const explainQuery = (id: string) =>
  queryOptions({
    queryKey: keys.jobs.explain(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/jobs/{key}/explain", { params: { path: { key: id } }, signal })),
    staleTime: 0,
  });

/** After a write: what lists and numbers show is read again. */
export function jobsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keys.jobs.all() });
  void client.invalidateQueries({ queryKey: keys.summary() });
  void client.invalidateQueries({ queryKey: keys.queue() });
}

export function useSubmitJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ spec, idempotencyKey }: { spec: JobSpec; idempotencyKey: string }) =>
      unwrap(
        api.POST("/jobs", {
          body: spec,
          params: { header: { "Idempotency-Key": idempotencyKey } },
        }),
      ),
    onSuccess: () => jobsChanged(client),
  });
}

export function useCancelJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason?: string }) =>
      unwrap(
        api.POST("/jobs/{key}:cancel", {
          params: { path: { key: id } },
          body: reason === undefined ? {} : { reason },
        }),
      ),
    onSuccess: (job) => {
      client.setQueryData(keys.jobs.one(job.id), job);
      jobsChanged(client);
    },
  });
}

/** At most this many jobs go into one bulk request. */
export const BULK_LIMIT = 1000;

export function useCancelJobs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[]) =>
      unwrap(api.POST("/jobs:cancel", { body: { job_ids: [...ids] } })),
    onSuccess: () => jobsChanged(client),
  });
}

export function useRerunJobs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[]) =>
      unwrap(api.POST("/jobs:rerun", { body: { job_ids: [...ids] } })),
    onSuccess: () => jobsChanged(client),
  });
}
