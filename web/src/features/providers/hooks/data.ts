/** What these pages read and write besides the shared queries. */
import {
  queryOptions,
  useIsMutating,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { meQuery } from "@/api/queries/system";
import type { Body } from "../model/config";

/** What only pretends to run jobs: for who develops with it, and for who has one already. */
const PRETENDED = "scripted";

/** The installed types to offer. */
export function useOffered(types: Schemas["ProviderTypes"], used: (type: string) => boolean) {
  const { data: me } = useQuery(meQuery());
  return types.items.filter(({ type }) => type !== PRETENDED || me?.dev_mode || used(type));
}

export type Health = Schemas["HealthView"];

export const healthQuery = (key: string) =>
  queryOptions({
    queryKey: keys.providers.health(key),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/providers/{key}/health", { params: { path: { key } }, signal })),
  });

/** What disabling it would do now; read anew each time it is asked for. */
export const effectQuery = (key: string) =>
  queryOptions({
    queryKey: ["providers", "effect", key] as const,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/providers/{key}/effect", { params: { path: { key } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });

function useChanged(): () => void {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.providers.all() });
    void client.invalidateQueries({ queryKey: keys.summary() });
  };
}

export function useCreateProvider() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: Body) => unwrap(api.POST("/providers", { body })),
    onSuccess: changed,
  });
}

export function useUpdateProvider(key: string) {
  const changed = useChanged();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, version }: { body: Body; version: number }) =>
      unwrap(
        api.PUT("/providers/{key}", { params: { path: { key } }, body: { ...body, version } }),
      ),
    onSuccess: (provider) => {
      client.setQueryData(keys.providers.one(key), provider);
      changed();
    },
  });
}

const deletion = (key: string) => ["providers", "delete", key] as const;

/** Whether it is being deleted: then nobody should ask for it any more. */
export const useDeleting = (key: string): boolean =>
  useIsMutating({ mutationKey: deletion(key) }) > 0;

/** Deletes it; `leave` takes the person to where it is not shown. */
export function useDeleteProvider(key: string, leave: () => Promise<void>) {
  const changed = useChanged();
  return useMutation({
    mutationKey: deletion(key),
    mutationFn: async () => {
      await unwrap(api.DELETE("/providers/{key}", { params: { path: { key } } }));
    },
    onSuccess: async () => {
      await leave();
      changed();
    },
  });
}

/** Checks a configuration that is not stored. */
export const useTestConfig = () =>
  useMutation({ mutationFn: (body: Body) => unwrap(api.POST("/providers:test", { body })) });

/** Checks a configured provider now. */
export function useTestProvider(key: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/providers/{key}:test", { params: { path: { key } } })),
    onSuccess: changed,
  });
}
