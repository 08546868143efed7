/** The state of a job: an icon of its own shape, a word and a colour. */
import {
  CircleCheck,
  CircleDashed,
  CircleSlash,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  TimerOff,
  UserCheck,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JobState } from "@/api/queries/jobs";
import { cn } from "@/lib/cn";

type Look = { icon: LucideIcon; text: string; ground: string; spins?: boolean };

/** CANCELLING is RUNNING, ASSIGNED or PENDING with a cancel request that is not proven yet. */
export type ShownState = JobState | "CANCELLING";

export const STATE_LOOKS: Readonly<Record<ShownState, Look>> = {
  PENDING: { icon: CircleDashed, text: "text-pending", ground: "tint-pending" },
  ASSIGNED: { icon: UserCheck, text: "text-assigned", ground: "tint-assigned" },
  RUNNING: { icon: LoaderCircle, text: "text-running", ground: "tint-running", spins: true },
  SUCCEEDED: { icon: CircleCheck, text: "text-succeeded", ground: "tint-succeeded" },
  FAILED: { icon: CircleX, text: "text-failed", ground: "tint-failed" },
  CANCELLED: { icon: CircleSlash, text: "text-cancelled", ground: "tint-cancelled" },
  TIMEOUT: { icon: TimerOff, text: "text-timeout", ground: "tint-timeout" },
  CANCELLING: { icon: LoaderCircle, text: "text-cancelled", ground: "tint-cancelled", spins: true },
};

export function StatusIcon({ state, size = 16 }: { state: ShownState; size?: number }) {
  const { icon: Icon, text, spins } = STATE_LOOKS[state];
  return <Icon size={size} aria-hidden className={cn("shrink-0", text, spins && "animate-spin")} />;
}

export function StatusBadge({ state, className }: { state: ShownState; className?: string }) {
  const { t } = useTranslation();
  const { icon: Icon, text, ground, spins } = STATE_LOOKS[state];
  return (
    <span
      data-state={state}
      className={cn(
        "inline-flex h-6 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap",
        text,
        ground,
        className,
      )}
    >
      <Icon size={14} aria-hidden className={cn("shrink-0", spins && "animate-spin")} />
      {t(`state.${state}`)}
    </span>
  );
}
