/** The numbers that sum the range up, each beside the same stretch of time before it. */
import { ArrowDown, ArrowUp, Equal } from "lucide-react";
import { useTranslation } from "react-i18next";
import { StatTile } from "@/components/ui/Card";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber, formatPercent } from "@/lib/format";
import { changeOf, type Metrics, successOf } from "../model/figures";

type Figure = {
  name: "submitted" | "success" | "duration" | "wait" | "latency";
  value: string;
  note?: string;
  change: number | null;
  /** Whether more is better; null where it is neither. */
  up: boolean | null;
};

const NONE = "–";
const STEADY = 0.005;

export function Figures({ metrics }: { metrics: Metrics }) {
  const { t, i18n } = useTranslation("metrics");
  const { total, previous } = metrics;
  const language = i18n.language;
  const time = (ms: number | null) => (ms === null ? NONE : formatDuration(ms, language));
  const success = successOf(total);
  const figures: Figure[] = [
    {
      name: "submitted",
      value: formatNumber(total.submitted, language),
      change: changeOf(total.submitted, previous.submitted),
      up: null,
    },
    {
      name: "success",
      value: success === null ? NONE : formatPercent(success, language, 1),
      change: changeOf(success, successOf(previous)),
      up: true,
    },
    {
      name: "duration",
      value: time(total.duration_avg_ms),
      note: t("quantiles", { p50: time(total.duration_p50_ms), p95: time(total.duration_p95_ms) }),
      change: changeOf(total.duration_avg_ms, previous.duration_avg_ms),
      up: false,
    },
    {
      name: "wait",
      value: time(total.queue_wait_p50_ms),
      note: t("p95", { p95: time(total.queue_wait_p95_ms) }),
      change: changeOf(total.queue_wait_p50_ms, previous.queue_wait_p50_ms),
      up: false,
    },
    {
      name: "latency",
      value: time(total.start_latency_p50_ms),
      note: t("p95", { p95: time(total.start_latency_p95_ms) }),
      change: changeOf(total.start_latency_p50_ms, previous.start_latency_p50_ms),
      up: false,
    },
  ];
  return (
    <ul className="grid grid-cols-2 gap-3 lg:grid-cols-5 lg:gap-4">
      {figures.map((figure) => (
        <li
          key={figure.name}
          className="min-w-0 rounded-card border border-hairline bg-surface first:col-span-2 lg:first:col-span-1"
        >
          <StatTile
            label={t(`figure.${figure.name}`)}
            value={figure.value}
            note={
              <span className="flex flex-col gap-0.5">
                {figure.note !== undefined && <span className="numeric">{figure.note}</span>}
                <Change change={figure.change} up={figure.up} />
              </span>
            }
          />
        </li>
      ))}
    </ul>
  );
}

function Change({ change, up }: { change: number | null; up: boolean | null }) {
  const { t, i18n } = useTranslation("metrics");
  if (change === null) return null;
  const steady = Math.abs(change) < STEADY;
  const Icon = steady ? Equal : change > 0 ? ArrowUp : ArrowDown;
  const good = up === null || steady ? null : change > 0 === up;
  const percent = formatPercent(Math.abs(change), i18n.language);
  const words = steady ? "change.same" : change > 0 ? "change.more" : "change.less";
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1",
        good === null ? "text-subtle" : good ? "text-succeeded" : "text-failed",
      )}
    >
      <Icon size={14} aria-hidden className="shrink-0" />
      <span className="numeric">{t(words, { percent })}</span>
    </span>
  );
}
