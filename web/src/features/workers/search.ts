/** What the address of the workers list says: its filters. */
import * as z from "zod/mini";
import { flag, text } from "@/lib/search";

export const searchSchema = z.object({ state: text(40), provider: text(64), all: flag() });
