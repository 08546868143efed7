/** What the address of the log viewer says: search, filters and how lines look. */
import { flag, oneOf, type SearchOf, schema, text, whole } from "@/lib/search";
import {
  LEVELS,
  MAX_CONTEXT,
  type Settings,
  STREAMS,
  TIMES,
  type TimeMode,
} from "./model/settings";

export { STREAMS, TIMES };

export const searchSchema = schema({
  q: text(),
  re: flag(),
  case: flag(),
  only: flag(),
  ctx: whole(1, MAX_CONTEXT),
  level: text(80),
  stream: oneOf(STREAMS),
  attempt: whole(1, 1000),
  ts: oneOf(TIMES),
  wrap: whole(0, 1),
});

export type LogSearch = SearchOf<typeof searchSchema>;

/** How lines look when the address does not say. */
export type Look = { times: TimeMode; wrap: boolean };

export function settingsOf(search: LogSearch, look: Look): Settings {
  const named = new Set(search.level?.split(","));
  return {
    query: {
      text: search.q ?? "",
      regex: search.re === 1,
      caseSensitive: search.case === 1,
    },
    only: search.only === 1,
    context: search.ctx ?? 0,
    levels: LEVELS.filter((level) => named.has(level)),
    stream: search.stream,
    attempt: search.attempt,
    times: search.ts ?? look.times,
    wrap: search.wrap === undefined ? look.wrap : search.wrap === 1,
  };
}

/** The address for some settings; what is as always is not in it. */
export function searchOf(settings: Settings, look: Look): LogSearch {
  const { query } = settings;
  const some = query.text !== "";
  return {
    q: query.text || undefined,
    re: some && query.regex ? 1 : undefined,
    case: some && query.caseSensitive ? 1 : undefined,
    only: settings.only ? 1 : undefined,
    ctx: settings.context || undefined,
    level: settings.levels.join(",") || undefined,
    stream: settings.stream,
    attempt: settings.attempt,
    ts: settings.times === look.times ? undefined : settings.times,
    wrap: settings.wrap === look.wrap ? undefined : settings.wrap ? 1 : 0,
  };
}
