/** Dims what was live when the connection has been gone for a while, and says from when it is. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { formatClock } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { lastHeard, useNow } from "@/live/clock";
import { useLiveMode } from "@/live/useTopic";

const STALE_AFTER_MS = 10_000;

/** Whether live data is out of date now, and since when. */
export function useStale(): { stale: boolean; since: number } {
  const mode = useLiveMode();
  const broken = mode !== "live" && mode !== "connecting";
  useNow(broken); // looks again each second while it is broken
  const since = lastHeard();
  return { stale: broken && Date.now() - since > STALE_AFTER_MS, since };
}

export function Stale({ children, className }: { children: ReactNode; className?: string }) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const { stale, since } = useStale();
  return (
    <div className={className}>
      {stale && (
        <p className="mb-2 text-sm text-timeout">
          {t("live.asOf", { time: formatClock(since, i18n.language, zone) })}
        </p>
      )}
      <div className={cn("transition-opacity", stale && "opacity-60")}>{children}</div>
    </div>
  );
}
