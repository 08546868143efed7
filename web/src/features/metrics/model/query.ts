/** The aggregates of a range of time, read again every 15 seconds while it reaches up to now. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { Metrics } from "./figures";
import { bucketsOf, type Span } from "./span";

const EVERY_MS = 15_000;

export function metricsQuery(span: Span) {
  const query = { ...span, buckets: bucketsOf(span) };
  return queryOptions({
    queryKey: keys.metrics.jobs(query),
    // The same address answers with text only when it is asked for a file.
    queryFn: ({ signal }) =>
      unwrap(api.GET("/metrics/jobs", { params: { query }, signal })) as Promise<Metrics>,
    placeholderData: keepPreviousData,
    staleTime: EVERY_MS,
    refetchInterval: "to" in span ? false : EVERY_MS,
  });
}

/** Where the series is to be had as a file. */
export const csvAddress = (span: Span): string =>
  `/api/v1/metrics/jobs?${new URLSearchParams({
    ...span,
    buckets: String(bucketsOf(span)),
    format: "csv",
  })}`;
