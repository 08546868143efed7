/** Asks the server which lines match. */
import { api, type Schemas, unwrap } from "@/api/client";
import type { Query } from "../model/search";
import type { Filter } from "../model/settings";
import { narrowed, querySerializer, wanted } from "./source";

export type Found = Schemas["FoundView"];

export type Sought = {
  readonly jobId: string;
  readonly attempt: number | undefined;
  readonly query?: Query;
  readonly levels: Filter["levels"];
  readonly stream: Filter["stream"];
};

type Where = { from?: number; offset?: number; limit: number };

/** Line numbers from a line, or from a place among the matches, on. */
export function find(sought: Sought, where: Where, signal?: AbortSignal): Promise<Found> {
  const query = {
    attempt: sought.attempt ?? 0,
    ...wanted(sought.query),
    ...narrowed(sought),
    ...where,
  };
  const path = { key: sought.jobId };
  return unwrap(
    api.GET("/jobs/{key}/logs/search", {
      params: { path, query },
      querySerializer,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

/** The match next to a line, in one direction, round the ends; undefined when there is none. */
export async function nextTo(
  sought: Sought,
  line: number,
  direction: 1 | -1,
): Promise<number | undefined> {
  const ahead = await find(sought, { from: direction === 1 ? line + 1 : line, limit: 1 });
  if (ahead.total === 0) return undefined;
  if (direction === 1) {
    const found = ahead.line_numbers[0];
    return found ?? (await find(sought, { from: 1, limit: 1 })).line_numbers[0];
  }
  const before = ahead.offset === 0 ? -1 : ahead.offset - 1;
  return (await find(sought, { offset: before, limit: 1 })).line_numbers[0];
}
