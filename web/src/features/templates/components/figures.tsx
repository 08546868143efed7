/** A template's figures in words: its last run, how often it goes well, how long it takes. */
import { useTranslation } from "react-i18next";
import type { TemplateRow } from "@/api/queries/templates";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { RelativeTime } from "@/components/ui/Time";
import { formatDuration, formatNumber, formatPercent } from "@/lib/format";

export function LastRun({ template }: { template: TemplateRow }) {
  const { t } = useTranslation("templates");
  const { last_run: last } = template;
  if (last === null) return <span className="text-subtle">{t("list.never")}</span>;
  return (
    <span className="inline-flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
      <StatusBadge state={last.state} />
      <RelativeTime at={last.at} className="truncate text-sm text-muted" />
    </span>
  );
}

/** Shares, durations and numbers as the language writes them; a dash where there is none. */
export function useFigures() {
  const { i18n } = useTranslation();
  const { language } = i18n;
  return {
    share: (value: number | null) => (value === null ? "–" : formatPercent(value, language)),
    duration: (ms: number | null) => (ms === null ? "–" : formatDuration(ms, language)),
    number: (value: number) => formatNumber(value, language),
  };
}
