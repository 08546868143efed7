/** The queue: what waits, in which order, and whether anything is handed out. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";

export type Queue = Schemas["QueueView"];
export type QueueEntry = Schemas["QueueEntryView"];

export const queueQuery = () =>
  queryOptions({
    queryKey: keys.queue(),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/queue", { params: { query: { limit: 200 } }, signal })),
  });

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
