/** What the jobs used on each provider: lines over time, and the sums as a table. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TimeSeries } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";
import { type Metrics, timesOf, type Use, useSeries } from "../model/figures";
import { timeFormat } from "../model/span";

const GROUP = "metrics";

export function ProviderUse({ metrics }: { metrics: Metrics }) {
  const { t, i18n } = useTranslation("metrics");
  const language = i18n.language;
  const uses = metrics.providers;
  const times = timesOf(metrics.series);
  const name = (use: Use) => use.provider?.name ?? t("provider.gone");
  const shared = {
    times,
    formatTime: timeFormat(metrics.bucket_ms * metrics.series.length, language),
    group: GROUP,
    empty: t("empty"),
  };
  const number = (value: number) => formatNumber(value, language, value < 0.1 ? 4 : 2);
  return (
    <div className="grid gap-4 lg:grid-cols-3 lg:gap-6">
      <Card>
        <TimeSeries
          {...shared}
          title={t("chart.cpus")}
          series={useSeries(uses, "cpus", name)}
          format={number}
        />
      </Card>
      <Card>
        <TimeSeries
          {...shared}
          title={t("chart.memory")}
          series={useSeries(uses, "memory_bytes", name)}
          format={(value) => formatBytes(value, language)}
          binary
        />
      </Card>
      <Card>
        <TimeSeries
          {...shared}
          title={t("chart.running")}
          series={useSeries(uses, "running", name)}
          format={number}
        />
      </Card>
      {uses.length > 0 && (
        <Card flush className="lg:col-span-3">
          <UseTable uses={uses} name={name} />
        </Card>
      )}
    </div>
  );
}

const COLUMNS = ["attempts", "failed", "cpu", "peak", "run"] as const;

function UseTable({ uses, name }: { uses: readonly Use[]; name(use: Use): string }) {
  const { t, i18n } = useTranslation("metrics");
  const language = i18n.language;
  const cells = (use: Use) => [
    formatNumber(use.attempts, language),
    formatNumber(use.failed, language),
    formatDuration(use.cpu_ms, language),
    formatBytes(use.memory_peak_bytes, language),
    formatDuration(use.run_ms, language),
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the keyboard
    <section tabIndex={0} aria-label={t("provider.title")} className="overflow-x-auto">
      <table className="numeric w-full min-w-md text-right text-sm">
        <caption className="sr-only">{t("provider.title")}</caption>
        <thead className="text-muted">
          <tr className="h-10 border-b border-hairline">
            <th scope="col" className="px-4 text-left font-medium">
              {t("provider.name")}
            </th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className="px-4 font-medium whitespace-nowrap">
                {t(`provider.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {uses.map((use) => (
            <tr key={use.provider?.id ?? ""} className="h-10 border-hairline not-last:border-b">
              <th scope="row" className="px-4 text-left font-medium">
                {use.provider?.name == null ? (
                  name(use)
                ) : (
                  <Link
                    to="/jobs"
                    search={{ provider: use.provider.name }}
                    className="inline-flex items-center text-link hover:underline pointer-coarse:min-h-11 pointer-coarse:min-w-11"
                  >
                    {name(use)}
                  </Link>
                )}
              </th>
              {cells(use).map((cell, index) => (
                <td key={COLUMNS[index]} className="px-4 whitespace-nowrap">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
