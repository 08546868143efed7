/** What the address of a provider's page says: which tab is open. */
import * as z from "zod/mini";
import { oneOf, text } from "@/lib/search";

export const TABS = ["overview", "config", "workers", "health", "danger"] as const;

export const searchSchema = z.object({ tab: oneOf(TABS) });
export const newSearchSchema = z.object({ type: text(64) });
