/** What the addresses of schedules say. */
import * as z from "zod/mini";
import { OUTCOMES } from "@/api/queries/schedules";
import { oneOf, text } from "@/lib/search";

/** Of one schedule. */
export const oneSchema = z.object({
  /** Which outcomes the history shows. */
  outcome: oneOf(OUTCOMES),
});

/** Of a new one. */
export const newSchema = z.object({
  /** The job to run again and again. */
  from: text(64),
  /** The template to run. */
  template: text(100),
});
