/** The record of every change and every refusal. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";

export type AuditEntry = Schemas["AuditView"];

export const AUDIT_FILTERS = [
  "actor",
  "action",
  "project",
  "result",
  "interface",
  "target",
  "correlation_id",
  "from",
  "to",
] as const;
export type AuditFilters = { [name in (typeof AUDIT_FILTERS)[number]]?: string | undefined };

const PAGE = 100;

export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: keys.audit(filters),
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...filters,
        limit: PAGE,
        ...(pageParam !== null && { cursor: pageParam }),
      };
      return unwrap(api.GET("/audit", { params: { query: query as never }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
