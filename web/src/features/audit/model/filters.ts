/** The filters of the audit log: from the address to the query, and to the file of all rows. */
import { AUDIT_FILTERS, type AuditFilters } from "@/api/queries/audit";
import type { AuditSearch } from "../search";

/** The query of GET /audit that the address stands for; what else it says is none of its filters. */
export function toFilters({ correlation, ...search }: AuditSearch): AuditFilters {
  const given: AuditFilters = { ...search, correlation_id: correlation };
  const named = AUDIT_FILTERS.map((name) => [name, given[name]] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== ""));
}

export const isFiltered = (search: AuditSearch): boolean =>
  Object.keys(toFilters(search)).length > 0;

/** Where all rows that the address names are, one JSON value a line. */
export function exportAddress(search: AuditSearch): string {
  const query = new URLSearchParams(toFilters(search) as Record<string, string>).toString();
  return `/api/v1/audit/export${query === "" ? "" : `?${query}`}`;
}
