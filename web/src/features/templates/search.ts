/** What the addresses of the template pages say. */
import { oneOf, type SearchOf, schema, text, whole } from "@/lib/search";

export const TABS = ["overview", "runs", "versions", "triggers"] as const;
export const RANGES = ["24h", "7d", "30d"] as const;
const version = () => whole(1, 1_000_000);

export const listSearchSchema = schema({ q: text(), project: text(63), tag: text(64) });
export const templateSearchSchema = schema({
  tab: oneOf(TABS),
  range: oneOf(RANGES),
  /** On the versions' tab: the one that is looked at. */
  version: version(),
});
/** `from`: another template to begin with. */
export const newSearchSchema = schema({ from: text(100), version: version() });
/** `job`: a run whose parameters this one begins with. */
export const runSearchSchema = schema({ version: version(), job: text(64) });

export type ListSearch = SearchOf<typeof listSearchSchema>;
