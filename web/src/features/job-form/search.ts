/** What the address of the job form says: which job or template it starts from. */
import { schema, text } from "@/lib/search";

export const searchSchema = schema({ from: text(64), template: text(64) });
