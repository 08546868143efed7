/** What the address of the workers list says: its filters. */
import { flag, schema, text } from "@/lib/search";

export const searchSchema = schema({ state: text(40), provider: text(64), all: flag() });
