/** The system as a whole: its numbers, who asks, what runs. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, setCsrf, unwrap } from "../client";
import { keys } from "../keys";

export type Summary = Schemas["Summary"];
export type Me = Schemas["Me"];

export const summaryQuery = () =>
  queryOptions({
    queryKey: keys.summary(),
    queryFn: ({ signal }) => unwrap(api.GET("/summary", { signal })),
  });

export const versionQuery = () =>
  queryOptions({
    queryKey: keys.version(),
    queryFn: ({ signal }) => unwrap(api.GET("/version", { signal })),
    staleTime: 60 * 60_000,
  });

export const systemQuery = () =>
  queryOptions({
    queryKey: keys.system(),
    queryFn: ({ signal }) => unwrap(api.GET("/system", { signal })),
  });

export const meQuery = () =>
  queryOptions({
    queryKey: keys.me(),
    queryFn: async ({ signal }) => {
      const me = await unwrap(api.GET("/me", { signal }));
      setCsrf(me.csrf_token);
      return me;
    },
    staleTime: 5 * 60_000,
  });

/** Whether the caller may do `permission`; true until the server has said who asks. */
export function usePermission(permission: string): boolean {
  const { data } = useQuery(meQuery());
  return data === undefined || data.permissions.includes(permission);
}

export const hostMetricsQuery = (range: "1h" | "24h" | "7d" | "30d") =>
  queryOptions({
    queryKey: keys.metrics.host({ range }),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/metrics/hosts", { params: { query: { range } }, signal })),
    staleTime: 0,
    refetchInterval: 60_000, // machines are sampled once a minute
  });

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => unwrap(api.POST("/session", { body: { token } })),
    onSuccess: (me) => {
      setCsrf(me.csrf_token);
      client.clear();
      client.setQueryData(keys.me(), me);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/session")),
    onSuccess: () => {
      setCsrf(null);
      client.clear();
    },
  });
}
