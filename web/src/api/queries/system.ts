/** The system as a whole: its numbers, who asks, what runs. */
import { queryOptions, useQuery } from "@tanstack/react-query";
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

export const meQuery = () =>
  queryOptions({
    queryKey: keys.me(),
    queryFn: async ({ signal }) => {
      const me = await unwrap(api.GET("/me", { signal }));
      const token: unknown = "csrf" in me ? me.csrf : null;
      setCsrf(typeof token === "string" ? token : null);
      return me;
    },
    staleTime: 5 * 60_000,
  });

/** Whether the caller may do `permission`; true until the server has said who asks. */
export function usePermission(permission: string): boolean {
  const { data } = useQuery(meQuery());
  return data === undefined || data.permissions.includes(permission);
}
