/** What the address of the settings says beside the section. */
import * as z from "zod/mini";
import { DELIVERY_STATES } from "@/api/queries/webhooks";
import { flag, oneOf, text } from "@/lib/search";

export const searchSchema = z.object({
  /** Whose secrets or webhooks are shown. */
  project: text(63),
  /** The webhook whose deliveries are shown. */
  webhook: text(100),
  /** Which of its deliveries. */
  state: oneOf(DELIVERY_STATES),
  /** Tokens of everybody, not only one's own. */
  all: flag(),
});
