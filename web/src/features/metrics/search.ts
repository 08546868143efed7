/** What the address of the metrics page says: the time range and what it covers. */
import * as z from "zod/mini";
import { oneOf, text } from "@/lib/search";

export const RANGES = ["1h", "24h", "7d", "30d", "custom"] as const;

export const searchSchema = z.object({
  range: oneOf(RANGES),
  from: text(40),
  to: text(40),
  provider: text(64),
});
