/** What the addresses of schedules say. */
import { OUTCOMES } from "@/api/queries/schedules";
import { oneOf, schema, text } from "@/lib/search";

/** Of one schedule. */
export const oneSchema = schema({
  /** Which outcomes the history shows. */
  outcome: oneOf(OUTCOMES),
});

/** Of a new one. */
export const newSchema = schema({
  /** The job to run again and again. */
  from: text(64),
  /** The template to run. */
  template: text(100),
});
