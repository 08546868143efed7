/** What the address of the workers list says: its filters. */
import * as z from "zod/mini";
import { text } from "@/lib/search";

export const searchSchema = z.object({ state: text(120), provider: text(64) });
