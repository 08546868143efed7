/** What the address of the log viewer says: search, filters and how lines look. */
import * as z from "zod/mini";
import { flag, oneOf, text, whole } from "@/lib/search";

export const STREAMS = ["stdout", "stderr"] as const;
export const TIMES = ["off", "clock", "rel", "delta"] as const;

export const searchSchema = z.object({
  q: text(),
  re: flag(),
  case: flag(),
  level: text(80),
  stream: oneOf(STREAMS),
  attempt: whole(1, 1000),
  ts: oneOf(TIMES),
  wrap: whole(0, 1),
});
