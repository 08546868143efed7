/** The queue: what waits, in which order, and whether anything is handed out. */
import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";

export type Queue = Schemas["QueueView"];
export type QueueEntry = Schemas["QueueEntryView"];

const PAGE = 200;

export const queueQuery = () =>
  infiniteQueryOptions({
    queryKey: keys.queue(),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) };
      return unwrap(api.GET("/queue", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: Queue) => page.next_cursor,
  });

export function useChangePriority() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, priority }: { id: string; priority: QueueEntry["priority"] }) =>
      unwrap(api.PATCH("/jobs/{key}", { params: { path: { key: id } }, body: { priority } })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.queue() });
      void client.invalidateQueries({ queryKey: keys.jobs.all() });
    },
  });
}

export function usePauseQueue() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (paused: boolean) => unwrap(api.PATCH("/queue/settings", { body: { paused } })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.queue() });
      void client.invalidateQueries({ queryKey: keys.summary() });
    },
  });
}
