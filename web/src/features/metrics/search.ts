/** What the address of the metrics page says: the range of time. */
import * as z from "zod/mini";
import { oneOf, text } from "@/lib/search";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;

export const searchSchema = z.object({
  range: oneOf(RANGES),
  /** Days as YYYY-MM-DD; they count when no range is named. */
  from: text(40),
  to: text(40),
});

export type MetricsSearch = z.infer<typeof searchSchema>;
