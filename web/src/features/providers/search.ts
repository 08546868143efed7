/** What the address of a provider's page says: which tab is open. */
import { oneOf, schema, text } from "@/lib/search";

export const TABS = ["overview", "config", "workers", "health", "danger"] as const;

export const searchSchema = schema({ tab: oneOf(TABS) });
export const newSearchSchema = schema({ type: text(64) });
