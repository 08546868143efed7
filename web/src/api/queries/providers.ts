/** Providers: reading them, and switching them on and off. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";

export type Provider = Schemas["ProviderView"];

export const providersQuery = () =>
  queryOptions({
    queryKey: keys.providers.list(),
    queryFn: ({ signal }) => unwrap(api.GET("/providers", { signal })),
  });

export const providerQuery = (key: string) =>
  queryOptions({
    queryKey: keys.providers.one(key),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/providers/{key}", { params: { path: { key } }, signal })),
  });

export const providerTypesQuery = () =>
  queryOptions({
    queryKey: keys.providers.types(),
    queryFn: ({ signal }) => unwrap(api.GET("/provider-types", { signal })),
    staleTime: 60 * 60_000,
  });

export function useSwitchProvider() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, enabled }: { key: string; enabled: boolean }) =>
      unwrap(
        api.POST(enabled ? "/providers/{key}:enable" : "/providers/{key}:disable", {
          params: { path: { key } },
        }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.providers.all() }),
  });
}
