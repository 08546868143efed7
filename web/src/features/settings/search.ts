/** What the address of the settings says beside the section. */
import * as z from "zod/mini";
import { flag, text } from "@/lib/search";

export const searchSchema = z.object({
  /** Whose secrets are shown. */
  project: text(63),
  /** Tokens of everybody, not only one's own. */
  all: flag(),
});
