/** Short messages after an action: what was done, with a link or Undo. */
import { toast as sonner } from "sonner";

type Action = { label: string; onClick(): void };

export const toast = {
  done: (text: string, action?: Action) => void sonner.success(text, { action }),
  failed: (text: string, detail?: string) => void sonner.error(text, { description: detail }),
  info: (text: string, action?: Action) => void sonner(text, { action }),
};
