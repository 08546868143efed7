/** The system as a whole: its numbers, who asks, what runs. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, setCsrf, unwrap } from "../client";
import { keys } from "../keys";
import { forgetRows } from "../latestRows";
import { strangerNow } from "../queryClient";
import { mayDo } from "../roles";

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
    queryFn: async ({ signal, client }) => {
      const me = await unwrap(api.GET("/me", { signal }));
      const before = client.getQueryData<Me>(keys.me());
      // While it is still known who that was: the sign-in page says that the session is over.
      if (before?.via === "session" && me.via !== "session") strangerNow();
      setCsrf(me.csrf_token);
      return me;
    },
    staleTime: 5 * 60_000,
  });

/** Whether the caller may do `permission`, in `project` if given; true until it is known who asks. */
export function usePermission(permission: string, project?: string): boolean {
  const { data } = useQuery(meQuery());
  return data === undefined || mayDo(data, permission, project);
}

export const hostMetricsQuery = (range: "1h" | "24h" | "7d" | "30d") =>
  queryOptions({
    queryKey: keys.metrics.host({ range }),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/metrics/hosts", { params: { query: { range } }, signal })),
    staleTime: 0,
    refetchInterval: 60_000, // machines are sampled once a minute
  });

/** Takes away what another person must not find, and says who asks from now on. */
export function useArrive(): (me: Me) => void {
  const client = useQueryClient();
  const forget = useForget();
  return (me) => {
    setCsrf(me.csrf_token);
    void client.cancelQueries(); // what was asked before was asked by nobody
    forget();
    client.setQueryData(keys.me(), me);
  };
}

/** Takes away all that was read, but who asked: pages that are still open keep asking that. */
export function useForget(): () => void {
  const client = useQueryClient();
  return () => {
    forgetRows();
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.me()[0] });
  };
}

/** Passwords and tokens stay in no cache. */
export const NOT_KEPT = { gcTime: 0 };

export type Credentials = { name: string; password: string } | { token: string };

export function useSignIn() {
  const arrive = useArrive();
  return useMutation({
    ...NOT_KEPT,
    mutationFn: (shown: Credentials) => unwrap(api.POST("/session", { body: shown })),
    onSuccess: arrive,
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/session")),
    onSuccess: () => setCsrf(null),
  });
}
