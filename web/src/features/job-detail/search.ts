/** What the address of a job's page says: which tab, attempt and range are shown. */
import { oneOf, schema, whole } from "@/lib/search";

export const TABS = ["overview", "config", "logs", "resources"] as const;
export const RANGES = ["all", "5m", "1h"] as const;
export type Range = (typeof RANGES)[number];

export const searchSchema = schema({
  tab: oneOf(TABS),
  attempt: whole(1, 1000),
  range: oneOf(RANGES),
});
