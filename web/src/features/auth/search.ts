/** What the address of the sign-in page says: where to go afterwards. */
import * as z from "zod/mini";
import { text } from "@/lib/search";

export const searchSchema = z.object({ next: text(2000) });
