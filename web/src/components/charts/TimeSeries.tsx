/** A live line chart: crosshair shared by a group, limit line, text summary and table view. */
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type uPlot from "uplot";
import { formatClock } from "@/lib/format";
import { ChartFrame } from "./ChartFrame";
import { ChartTable } from "./ChartTable";
import { type Limit, plotOptions, type Series } from "./plot";
import { figuresOf } from "./scale";
import { useShownTheme } from "./theme";

export type { Limit, Series };

export type TimeSeriesProps = {
  title: string;
  /** Seconds since 1970, ascending, one for each value of every series. */
  times: readonly number[];
  series: readonly Series[];
  /** A value with its unit. */
  format: (value: number) => string;
  /** A value as the axis shows it; with its unit when it is left out. */
  formatAxis?: (value: number) => string;
  formatTime?: (seconds: number) => string;
  /** Whether the axis counts in powers of 1024. */
  binary?: boolean;
  limit?: Limit;
  /** Charts of one group share their crosshair. */
  group?: string;
  /** First and last second of the axis; what the data spans when it is left out. */
  range?: readonly [number, number];
  height?: number;
  /** What to say when there is nothing to draw. */
  empty: string;
};

export function TimeSeries(props: TimeSeriesProps) {
  const { title, times, series, format, limit, height = 160, empty } = props;
  const { t, i18n } = useTranslation();
  const summaryId = useId();
  const [table, setTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const formatTime =
    props.formatTime ?? ((seconds: number) => formatClock(seconds * 1000, i18n.language));
  const shown = cursor !== null && cursor < times.length ? cursor : null;
  const summary = series
    .map(({ label, values }) => {
      const figures = figuresOf(values);
      if (figures === null) return t("charts.none", { label });
      return t("charts.summary", {
        label,
        last: format(figures.last),
        least: format(figures.least),
        most: format(figures.most),
        mean: format(figures.mean),
      });
    })
    .join(" ");
  const known = series.some(({ values }) => values.some((value) => value !== null));

  return (
    <ChartFrame
      title={title}
      summary={summary}
      summaryId={summaryId}
      table={table}
      onTable={known ? setTable : undefined}
      at={shown === null ? null : formatTime(times[shown] ?? 0)}
      legend={series.map(({ key, label, colour, values }) => {
        const value = shown === null ? figuresOf(values)?.last : values[shown];
        return { key, label, colour, value: value == null ? null : format(value) };
      })}
    >
      {known && table && (
        <ChartTable
          caption={title}
          times={times}
          series={series}
          format={format}
          formatTime={formatTime}
        />
      )}
      {known && !table && (
        <Canvas
          {...props}
          limit={limit}
          height={height}
          formatTime={formatTime}
          summaryId={summaryId}
          onCursor={setCursor}
        />
      )}
      {!known && (
        <p className="grid place-items-center text-subtle text-sm" style={{ height }}>
          {empty}
        </p>
      )}
    </ChartFrame>
  );
}

type CanvasProps = TimeSeriesProps & {
  height: number;
  limit: Limit | undefined;
  formatTime: (seconds: number) => string;
  summaryId: string;
  onCursor: (index: number | null) => void;
};

function Canvas(props: CanvasProps) {
  const { title, times, series, binary = false, limit, group, range, height, summaryId } = props;
  const theme = useShownTheme();
  const { i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const data = useMemo(
    () => [[...times], ...series.map(({ values }) => [...values])] as unknown as uPlot.AlignedData,
    [times, series],
  );
  const newest = useRef(data);
  newest.current = data;
  const shape = JSON.stringify([
    series.map(({ key, label, colour, filled }) => [key, label, colour, filled]),
    limit,
    range,
    group,
    binary,
    height,
    theme,
    i18n.language,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` holds all that is read here
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let gone = false;
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0) plot.current?.setSize({ width, height });
    });
    void loadPlot().then((Plot) => {
      if (gone) return;
      const { series, format, formatAxis = format, formatTime, onCursor } = latest.current;
      const options = plotOptions(
        { series, format: formatAxis, formatTime, binary, limit, group, range },
        (index) => onCursor(index),
      );
      const width = Math.max(1, element.clientWidth);
      plot.current = new Plot({ ...options, width, height }, newest.current, element);
      observer.observe(element);
    });
    return () => {
      gone = true;
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <div
      ref={box}
      role="img"
      aria-label={title}
      aria-describedby={summaryId}
      className="w-full overflow-hidden"
      style={{ height }}
    />
  );
}

const loadPlot = async () => {
  const [module] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
  return module.default;
};
