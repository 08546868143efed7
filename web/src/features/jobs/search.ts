/** What the address of the jobs list says: its filters and its order. */
import { oneOf, type SearchOf, schema, text } from "@/lib/search";

export const ORDERS = ["-created", "created"] as const;

export const searchSchema = schema({
  status: text(120),
  q: text(),
  from: text(40),
  to: text(40),
  provider: text(64),
  project: text(63),
  by: text(120),
  label: text(),
  template: text(64),
  schedule: text(64),
  sort: oneOf(ORDERS),
});

export type JobsSearch = SearchOf<typeof searchSchema>;
