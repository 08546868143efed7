/** Workers: reading them, letting them finish, ending them. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import type { operations } from "../schema";

export type Worker = Schemas["WorkerView"];
export type WorkerState = Schemas["WorkerState"];
export type WorkerFilters = NonNullable<operations["listWorkers"]["parameters"]["query"]>;

export const workersQuery = (filters: WorkerFilters) =>
  queryOptions({
    queryKey: keys.workers.list(filters),
    queryFn: ({ signal }) => unwrap(api.GET("/workers", { params: { query: filters }, signal })),
  });

export const workerQuery = (id: string) =>
  queryOptions({
    queryKey: keys.workers.one(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/workers/{key}", { params: { path: { key: id } }, signal })),
  });

function useWorkerAction(path: "/workers/{key}:drain" | "/workers/{key}:terminate") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST(path, { params: { path: { key: id } } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.workers.all() }),
  });
}

export const useDrainWorker = () => useWorkerAction("/workers/{key}:drain");
export const useTerminateWorker = () => useWorkerAction("/workers/{key}:terminate");
