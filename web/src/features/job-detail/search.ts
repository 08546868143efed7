/** What the address of a job's page says: which tab is open. */
import * as z from "zod/mini";
import { oneOf, text, whole } from "@/lib/search";

export const TABS = ["overview", "config", "logs", "resources"] as const;

export const searchSchema = z.object({
  tab: oneOf(TABS),
  attempt: whole(1, 1000),
  range: text(20),
});
