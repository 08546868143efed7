/** Where lines come from: the whole log by numbers, or a filtered view of it by places. */
import { api, type Schemas, unwrap } from "@/api/client";
import type { operations } from "@/api/schema";
import type { Line } from "../model/line";
import type { Query } from "../model/search";
import type { Filter } from "../model/settings";

/** Where the whole log stands. */
export type Meta = Omit<Schemas["LogRangeView"], "lines">;

export type Page = {
  /** The row of the first line. */
  readonly first: number;
  readonly lines: readonly Line[];
  /** Rows of the whole list. */
  readonly rows: number;
  readonly meta?: Meta;
};

export interface Source {
  /** At most `limit` rows from `from` on; a negative one counts from the end. */
  page(from: number, limit: number, signal: AbortSignal): Promise<Page>;
  /** The row of the first line at or after number `line`. */
  rowOf(line: number): Promise<number>;
}

/** Several values of one parameter go as one, with commas. */
export const querySerializer = { array: { style: "form", explode: false } } as const;

type SearchQuery = NonNullable<operations["searchLogs"]["parameters"]["query"]>;

/** A query as parameters of a request. */
export const wanted = (query: Query | undefined): SearchQuery =>
  query === undefined || query.text === ""
    ? {}
    : {
        q: query.text,
        ...(query.regex ? { re: "1" } : {}),
        ...(query.caseSensitive ? { case: "1" } : {}),
      };

/** Levels and stream as parameters of a request. */
export const narrowed = ({ levels, stream }: Pick<Filter, "levels" | "stream">): SearchQuery => ({
  ...(levels.length === 0 ? {} : { level: [...levels] }),
  ...(stream === undefined ? {} : { stream }),
});

/** Every line of an attempt (undefined: the newest). */
export function wholeLog(jobId: string, attempt: number | undefined): Source {
  const path = { key: jobId };
  return {
    async page(from, limit, signal) {
      const query = { from: from < 0 ? from : from + 1, limit, attempt: attempt ?? 0 };
      const found = await unwrap(
        api.GET("/jobs/{key}/logs", { params: { path, query }, querySerializer, signal }),
      );
      const { lines, ...meta } = found;
      return { first: (lines[0]?.n ?? meta.total + 1) - 1, lines, rows: meta.total, meta };
    },
    rowOf: (line) => Promise.resolve(line - 1),
  };
}

/** The rows of an attempt that fit `filter`. */
export function filteredLog(jobId: string, attempt: number | undefined, filter: Filter): Source {
  const path = { key: jobId };
  const fixed = {
    attempt: attempt ?? 0,
    ...wanted(filter.query),
    ...narrowed(filter),
    context: filter.context,
    after: filter.after,
  };
  return {
    async page(from, limit, signal) {
      const query = { ...fixed, offset: from, limit };
      const found = await unwrap(
        api.GET("/jobs/{key}/logs/view", { params: { path, query }, querySerializer, signal }),
      );
      return { first: found.offset, lines: found.lines, rows: found.rows };
    },
    async rowOf(line) {
      const query = { ...fixed, at: line, limit: 1 };
      const asked = api.GET("/jobs/{key}/logs/view", { params: { path, query }, querySerializer });
      return (await unwrap(asked)).offset;
    },
  };
}
