/** The filters of the jobs list: from the address to the query, and whether a row passes them. */
import type { JobFilters, JobRow, JobState } from "@/api/queries/jobs";
import type { JobsSearch } from "../search";

/** In the order in which a job passes through them. */
export const STATES: readonly JobState[] = [
  "PENDING",
  "ASSIGNED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "TIMEOUT",
];

/** The states that the address names; what is no state is left out. */
export function statesOf(search: JobsSearch): JobState[] {
  const named = new Set((search.status ?? "").toUpperCase().split(","));
  return STATES.filter((state) => named.has(state));
}

/** The address after one state was switched on or off. */
export function toggleState(search: JobsSearch, state: JobState): string | undefined {
  const before = new Set(statesOf(search));
  if (!before.delete(state)) before.add(state);
  return STATES.filter((one) => before.has(one)).join(",") || undefined;
}

/** The query of GET /jobs that the address stands for. */
export function toFilters(search: JobsSearch): JobFilters {
  const states = statesOf(search);
  const { q, from, to, provider, project, by, label, template, schedule, sort } = search;
  return {
    ...(states.length > 0 && { status: states.join(",") }),
    ...(q && { q }),
    ...(from && { from }),
    ...(to && { to }),
    ...(provider && { provider }),
    ...(project && { project }),
    ...(by && { by }),
    ...(label && { label: [label] }),
    ...(template && { template }),
    ...(schedule && { schedule }),
    ...(sort && { sort }),
  } as JobFilters;
}

const dayEnd = 86_400_000;

/** The first moment after `to`: a day counts to its end. */
const endOf = (to: string) => Date.parse(to) + (to.length === 10 ? dayEnd : 0);

/** Whether a row would be in the list that the address names. */
export function matches(row: JobRow, search: JobsSearch): boolean {
  const states = statesOf(search);
  const at = Date.parse(row.submitted_at);
  const { q, from, to, provider, project, by, label, template, schedule } = search;
  const [key, ...rest] = (label ?? "").split(":");
  return (
    (states.length === 0 || states.includes(row.state)) &&
    (!q || row.name.toLowerCase().includes(q.toLowerCase()) || row.id.startsWith(q)) &&
    (!from || at >= Date.parse(from)) &&
    (!to || at < endOf(to)) &&
    (!provider || row.provider?.name === provider || row.provider?.id === provider) &&
    (!project || row.project === project) &&
    (!by || row.owner === by) &&
    (!label || row.labels[key ?? ""] === rest.join(":")) &&
    (!template || row.origin?.template?.id === template) &&
    (!schedule || row.origin?.schedule?.id === schedule)
  );
}

const NARROWING = [
  "status",
  "q",
  "from",
  "to",
  "provider",
  "project",
  "by",
  "label",
  "template",
  "schedule",
] as const;

/** Whether the address narrows the list at all. */
export const isFiltered = (search: JobsSearch): boolean =>
  NARROWING.some((name) => search[name] !== undefined && search[name] !== "");

/** The address without what narrows the list. */
export const cleared = (search: JobsSearch): JobsSearch =>
  search.sort === undefined ? {} : { sort: search.sort };
