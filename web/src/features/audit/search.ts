/** What the address of the audit log says: its filters. */
import { oneOf, type SearchOf, schema, text } from "@/lib/search";

export const RESULTS = ["ok", "denied", "failed"] as const;
export const INTERFACES = ["rest", "grpc", "websocket", "ssh", "cli", "system"] as const;

export const searchSchema = schema({
  actor: text(100),
  action: text(60),
  target: text(),
  project: text(63),
  result: oneOf(RESULTS),
  interface: oneOf(INTERFACES),
  correlation: text(64),
  from: text(40),
  to: text(40),
});

export type AuditSearch = SearchOf<typeof searchSchema>;
