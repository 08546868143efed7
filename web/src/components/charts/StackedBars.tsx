/** Counts per bucket of time, stacked by kind, with the numbers of the bucket under the pointer. */
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { ChartFrame } from "./ChartFrame";
import { ChartTable } from "./ChartTable";
import type { Series } from "./plot";
import { roundTop } from "./scale";

export type StackedBarsProps = {
  title: string;
  /** Beginning of each bucket in seconds since 1970. */
  times: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
  height?: number;
  empty: string;
};

export function StackedBars(props: StackedBarsProps) {
  const { title, times, series, format, formatTime, height = 180, empty } = props;
  const { t } = useTranslation();
  const summaryId = useId();
  const [table, setTable] = useState(false);
  const [under, setUnder] = useState<number | null>(null);
  const shown = under !== null && under < times.length ? under : null;
  const sums = series.map(({ values }) => values.reduce<number>((sum, v) => sum + (v ?? 0), 0));
  const total = sums.reduce((sum, one) => sum + one, 0);
  const summary = series
    .map(({ label }, index) => t("charts.sum", { label, sum: format(sums[index] ?? 0) }))
    .join(" ");

  return (
    <ChartFrame
      title={title}
      summary={summary}
      summaryId={summaryId}
      table={table}
      onTable={total > 0 ? setTable : undefined}
      at={shown === null ? null : formatTime(times[shown] ?? 0)}
      legend={series.map(({ key, label, colour, values }, index) => ({
        key,
        label,
        colour,
        value: format((shown === null ? sums[index] : values[shown]) ?? 0),
      }))}
    >
      {total === 0 && (
        <p className="grid place-items-center text-subtle text-sm" style={{ height }}>
          {empty}
        </p>
      )}
      {total > 0 && table && (
        <ChartTable
          caption={title}
          times={times}
          series={series}
          format={format}
          formatTime={formatTime}
        />
      )}
      {total > 0 && !table && <Bars {...props} height={height} onUnder={setUnder} under={shown} />}
    </ChartFrame>
  );
}

type BarsProps = StackedBarsProps & {
  height: number;
  under: number | null;
  onUnder: (index: number | null) => void;
};

const LABELS = 4;

function Bars({ title, times, series, format, formatTime, height, under, onUnder }: BarsProps) {
  const stacks = times.map((_, at) => series.reduce((sum, s) => sum + (s.values[at] ?? 0), 0));
  const top = roundTop(Math.max(...stacks));
  const every = Math.max(1, Math.ceil(times.length / LABELS));
  return (
    <div role="img" aria-label={title} className="flex gap-2">
      <div
        aria-hidden="true"
        className="numeric flex w-10 flex-col justify-between pb-5 text-right text-2xs text-subtle"
        style={{ height }}
      >
        <span>{format(top)}</span>
        {/* There is no half of a job. */}
        <span>{top % 2 === 0 && format(top / 2)}</span>
        <span>0</span>
      </div>
      <div aria-hidden="true" className="min-w-0 flex-1">
        <div
          className="flex items-end border-b"
          style={{ height: height - 20 }}
          onPointerLeave={() => onUnder(null)}
        >
          {times.map((time, at) => (
            <div
              key={time}
              onPointerEnter={() => onUnder(at)}
              className={`flex h-full min-w-0 flex-1 flex-col justify-end px-px ${under === at ? "bg-raised" : ""}`}
            >
              {series.map(({ key, colour, values }) => (
                <div
                  key={key}
                  data-ink
                  className="first:rounded-t-sm"
                  style={{
                    background: `var(${colour})`,
                    height: `${((values[at] ?? 0) / top) * 100}%`,
                  }}
                />
              ))}
            </div>
          ))}
        </div>
        <div className="numeric flex h-5 text-2xs text-subtle">
          {times.map((time, at) => (
            <span key={time} className="min-w-0 flex-1 overflow-visible whitespace-nowrap pt-1">
              {at % every === 0 && formatTime(time)}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}
