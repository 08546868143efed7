/** What the address of the metrics page says: the range of time. */
import { oneOf, type SearchOf, schema, text } from "@/lib/search";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;

export const searchSchema = schema({
  range: oneOf(RANGES),
  /** Days as YYYY-MM-DD; they count when no range is named. */
  from: text(40),
  to: text(40),
});

export type MetricsSearch = SearchOf<typeof searchSchema>;
