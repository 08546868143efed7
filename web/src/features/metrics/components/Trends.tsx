/** How the range went: what finished, how long it ran, how long it waited, how fast it started. */
import { useTranslation } from "react-i18next";
import { StackedBars, TimeSeries } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { formatDuration, formatNumber } from "@/lib/format";
import { endSeries, type Metrics, timeSeries, timesOf } from "../model/figures";
import { timeFormat } from "../model/span";

const GROUP = "metrics";

export function Trends({ metrics }: { metrics: Metrics }) {
  const { t, i18n } = useTranslation("metrics");
  const { t: common } = useTranslation();
  const language = i18n.language;
  const { series, bucket_ms } = metrics;
  const times = timesOf(series);
  const formatTime = timeFormat(bucket_ms * series.length, language);
  const shared = {
    times,
    formatTime,
    group: GROUP,
    empty: t("empty"),
    // An axis of very short times needs more than whole milliseconds.
    format: (value: number) =>
      value > 0 && value < 10
        ? `${formatNumber(value, language, 1)}ms`
        : formatDuration(value, language),
  };
  return (
    <div className="grid gap-4 lg:grid-cols-2 lg:gap-6">
      <Card className="lg:col-span-2">
        <StackedBars
          title={t("chart.finished")}
          times={times}
          series={endSeries(series, (state) => common(`state.${state}`))}
          format={(value) => formatNumber(value, language, 1)}
          formatTime={formatTime}
          height={220}
          empty={t("empty")}
        />
      </Card>
      <Card>
        <TimeSeries
          {...shared}
          title={t("chart.duration")}
          series={timeSeries(series, [
            ["duration_avg_ms", t("series.avg")],
            ["duration_p50_ms", "p50"],
            ["duration_p95_ms", "p95"],
          ])}
        />
      </Card>
      <Card>
        <TimeSeries
          {...shared}
          title={t("chart.wait")}
          series={timeSeries(series, [
            ["queue_wait_p50_ms", "p50"],
            ["queue_wait_p95_ms", "p95"],
          ])}
        />
      </Card>
      <Card className="lg:col-span-2">
        <TimeSeries
          {...shared}
          title={t("chart.latency")}
          series={timeSeries(series, [
            ["start_latency_p50_ms", "p50"],
            ["start_latency_p95_ms", "p95"],
          ])}
        />
      </Card>
    </div>
  );
}
