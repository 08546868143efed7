/** A small label: a neutral fact, or one that a colour underlines. */
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

export type Tone = "neutral" | "good" | "bad" | "warn" | "info";

export const TONES: Readonly<Record<Tone, string>> = {
  neutral: "bg-raised text-muted",
  good: "tint-succeeded text-succeeded",
  bad: "tint-failed text-failed",
  warn: "tint-timeout text-timeout",
  info: "tint-running text-running",
};

type BadgeProps = { tone?: Tone; icon?: LucideIcon; children: ReactNode; className?: string };

export const Badge = ({ tone = "neutral", icon: Icon, children, className }: BadgeProps) => (
  <span
    className={cn(
      "inline-flex h-5 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap",
      TONES[tone],
      className,
    )}
  >
    {Icon && <Icon size={12} aria-hidden />}
    {children}
  </span>
);
