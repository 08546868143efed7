/** What the address of the settings says beside the section. */
import { DELIVERY_STATES } from "@/api/queries/webhooks";
import { flag, oneOf, schema, text } from "@/lib/search";

export const searchSchema = schema({
  /** Whose secrets or webhooks are shown. */
  project: text(63),
  /** The webhook whose deliveries are shown. */
  webhook: text(100),
  /** Which of its deliveries. */
  state: oneOf(DELIVERY_STATES),
  /** Tokens of everybody, not only one's own. */
  all: flag(),
});
