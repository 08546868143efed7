/** Schedules: what runs by itself, when, and what came of it. */
import {
  infiniteQueryOptions,
  queryOptions,
  useIsMutating,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import type { paths } from "../schema";

export type Schedule = Schemas["ScheduleView"];
export type Firing = Schemas["FiringView"];
export type Outcome = Firing["outcome"];
export type Overlap = Schedule["overlap"];
export type CatchUp = Schedule["catch_up"]["policy"];
export type Slot = Schemas["SlotView"];
export type Words = Schemas["WordsView"];
export type Target = Schedule["target"];
export type ScheduleOrder = Body<"/schedules">;
export type Rule = ScheduleOrder["rule"];
export type PreviewOrder = Body<"/schedules:preview">;

type Body<P extends "/schedules" | "/schedules:preview"> =
  paths[P]["post"]["requestBody"]["content"]["application/json"];

export const OUTCOMES = [
  "submitted",
  "submitting",
  "waiting",
  "skipped_overlap",
  "skipped_missed",
  "skipped_paused",
  "replaced",
  "refused",
] as const satisfies Outcome[];

const PAGE = 100;

export const schedulesQuery = () =>
  infiniteQueryOptions({
    queryKey: keys.schedules.list(),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) };
      return unwrap(api.GET("/schedules", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: Schemas["SchedulePage"]) => page.next_cursor,
  });

export const scheduleQuery = (key: string) =>
  queryOptions({
    queryKey: keys.schedules.one(key),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/schedules/{key}", { params: { path: { key } }, signal })),
  });

export const firingsQuery = (key: string, outcome: Outcome | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.schedules.firings(key, outcome),
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(outcome !== undefined && { outcome: [outcome] }),
        ...(pageParam !== null && { cursor: pageParam }),
      };
      return unwrap(
        api.GET("/schedules/{key}/firings", { params: { path: { key }, query }, signal }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: Schemas["FiringPage"]) => page.next_cursor,
  });

const STRIP = 10;

/** Its last outcomes, read again when what it did last has changed. */
export const stripQuery = ({ id, last_firing: last, running_jobs: running }: Schedule) =>
  queryOptions({
    queryKey: keys.schedules.strip(id, [last?.slot, last?.outcome, last?.job_state, running]),
    queryFn: async ({ signal }): Promise<readonly Firing[]> => {
      const params = { path: { key: id }, query: { limit: STRIP } };
      return (await unwrap(api.GET("/schedules/{key}/firings", { params, signal }))).items;
    },
    enabled: last !== null,
    placeholderData: (before) => before,
  });

/** What a rule says and when it would run; null asks for nothing. */
export const previewQuery = (order: PreviewOrder | null) =>
  queryOptions({
    queryKey: keys.schedules.preview(order),
    queryFn: ({ signal }) =>
      unwrap(api.POST("/schedules:preview", { body: order as PreviewOrder, signal })),
    enabled: order !== null,
    staleTime: 30_000,
    retry: 1,
  });

/** A change after which all schedules are read again. */
function useChange<V, R>(change: (given: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.schedules.all() }),
  });
}

export const useCreateSchedule = () =>
  useChange((body: ScheduleOrder) => unwrap(api.POST("/schedules", { body })));

export const useUpdateSchedule = (key: string) =>
  useChange((body: ScheduleOrder & { version: number }) =>
    unwrap(api.PUT("/schedules/{key}", { params: { path: { key } }, body })),
  );

export const usePauseSchedule = () =>
  useChange(({ key, paused }: { key: string; paused: boolean }) =>
    unwrap(
      api.POST(paused ? "/schedules/{key}:pause" : "/schedules/{key}:resume", {
        params: { path: { key } },
      }),
    ),
  );

export const useRunSchedule = () =>
  useChange((key: string) =>
    unwrap(api.POST("/schedules/{key}:run", { params: { path: { key } } })),
  );

const deletion = (key: string) => ["schedules", "delete", key] as const;

/** Whether it is being deleted: then nobody should ask for it any more. */
export const useDeletingSchedule = (key: string): boolean =>
  useIsMutating({ mutationKey: deletion(key) }) > 0;

/** Deletes it; `leave` takes the person to where it is not shown. */
export function useDeleteSchedule(key: string, leave: () => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: deletion(key),
    mutationFn: async () => {
      await unwrap(api.DELETE("/schedules/{key}", { params: { path: { key } } }));
    },
    onSuccess: async () => {
      await leave();
      void client.invalidateQueries({ queryKey: keys.schedules.all() });
    },
  });
}
