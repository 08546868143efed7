/** What the address of the job form says: which job or template it starts from. */
import * as z from "zod/mini";
import { text } from "@/lib/search";

export const searchSchema = z.object({ from: text(64), template: text(64) });
