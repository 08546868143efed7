/** What the address of the sign-in page says: where to go afterwards, and why one is asked. */
import { oneOf, schema, text } from "@/lib/search";

export const searchSchema = schema({
  next: text(2000),
  reason: oneOf(["expired"]),
  /** Why signing in elsewhere (OpenID Connect) did not work. */
  error: text(300),
});
