/** The line under the console: live, held, broken off, or whole; and what a screen reader hears. */
import { CircleCheck, CircleDot, CirclePause, TriangleAlert, WifiOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/ui/Copy";
import { useStale } from "@/components/ui/Stale";
import { formatClock, formatNumber } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { heardSinceBreak } from "@/live/clock";
import { useLiveMode, useLiveSince } from "@/live/useTopic";
import type { Viewer } from "../hooks/useViewer";

/** Whether what is on show may be out of date because the connection is gone. */
export function useBroken(viewer: Viewer): boolean {
  const mode = useLiveMode();
  const { stale } = useStale();
  const ended = viewer.base?.meta?.ended ?? false;
  const away = mode === "polling" && (stale || !heardSinceBreak());
  return !ended && (away || mode === "reconnecting" || mode === "offline");
}

export function StatusBar({ viewer }: { viewer: Viewer }) {
  const { t, i18n } = useTranslation("logs");
  const number = (value: number) => formatNumber(value, i18n.language);
  const { base, filter, list, session } = viewer;
  const total = base?.store.total ?? 0;
  const lines = t("lines", { count: total, formatted: number(total) });
  return (
    <div className="flex min-h-8 items-center gap-x-4 gap-y-1 border-t border-hairline bg-surface px-3 text-xs text-muted">
      <State viewer={viewer} lines={lines} />
      {filter !== undefined && list?.ready && (
        <span className="numeric truncate" data-view-rows={list.store.total}>
          {t("filter.shown", {
            count: list.store.total,
            formatted: number(list.store.total),
          })}
        </span>
      )}
      {session.cleared > 0 && (
        <span className="numeric truncate">
          {t("cleared", { count: session.cleared, formatted: number(session.cleared) })}
        </span>
      )}
      <Spoken viewer={viewer} />
    </div>
  );
}

const part = "flex min-w-0 items-center gap-1.5";

function State({ viewer, lines }: { viewer: Viewer; lines: string }) {
  const { t, i18n } = useTranslation("logs");
  const { zone } = usePreferences();
  const since = useLiveSince();
  const mode = useLiveMode();
  const broken = useBroken(viewer);
  const meta = viewer.base?.meta;
  if (meta === undefined) return null;
  const { session } = viewer;
  if (broken) {
    const time = formatClock(since, i18n.language, zone);
    return (
      <span className={`${part} text-console-warn`} data-log-state="reconnecting">
        <WifiOff size={14} aria-hidden />
        {t(mode === "offline" ? "state.offline" : "state.reconnecting", { time })}
      </span>
    );
  }
  if (session.frozen !== undefined) {
    const fresh = formatNumber(viewer.fresh, i18n.language);
    return (
      <span className={`${part} numeric text-console-warn`} data-log-state="paused">
        <CirclePause size={14} aria-hidden />
        {t("state.paused", { count: viewer.fresh, formatted: fresh })}
      </span>
    );
  }
  if (!meta.ended) {
    return (
      <span className={`${part} numeric`} data-log-state="live">
        <CircleDot size={14} aria-hidden className="text-succeeded" />
        {t(mode === "polling" ? "state.polling" : "state.live", { lines })}
      </span>
    );
  }
  if (!meta.complete) {
    return (
      <span className={`${part} text-console-warn`} data-log-state="incomplete">
        <TriangleAlert size={14} aria-hidden />
        {t("state.incomplete", { lines })}
      </span>
    );
  }
  return (
    <span className={part} data-log-state="complete">
      <CircleCheck size={14} aria-hidden className="shrink-0 text-succeeded" />
      <span className="numeric">{t("state.complete", { lines })}</span>
      <code className="hidden font-mono text-subtle sm:inline" title={meta.sha256}>
        sha256 {meta.sha256.slice(0, 12)}
      </code>
      <span className="hidden sm:inline-flex">
        <Copy text={meta.sha256} what={t("hash")} />
      </span>
    </span>
  );
}

const SPEAK_MS = 5000;

/** Says at most every five seconds what came, however fast lines arrive. */
function Spoken({ viewer }: { viewer: Viewer }) {
  const { t, i18n } = useTranslation("logs");
  const [words, setWords] = useState("");
  const total = viewer.base?.store.total ?? 0;
  const errors = viewer.marks?.counts.ERROR ?? 0;
  const ended = viewer.base?.meta?.ended ?? false;
  const latest = useRef({ total, errors });
  latest.current = { total, errors };
  useEffect(() => {
    if (ended) return;
    let said = latest.current;
    const timer = setInterval(() => {
      const { total, errors } = latest.current;
      const lines = total - said.total;
      if (lines <= 0) return;
      const number = (value: number) => formatNumber(value, i18n.language);
      const spoken = t("spoken", { count: lines, formatted: number(lines) });
      const bad = errors - said.errors;
      const more = bad > 0 ? `, ${t("spokenErrors", { count: bad, formatted: number(bad) })}` : "";
      setWords(spoken + more);
      said = { total, errors };
    }, SPEAK_MS);
    return () => clearInterval(timer);
  }, [ended, t, i18n.language]);
  return (
    <span role="status" aria-live="polite" className="sr-only">
      {words}
    </span>
  );
}
