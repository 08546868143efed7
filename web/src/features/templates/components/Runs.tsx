/** The second tab: how the runs went, and the runs themselves. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/api/keys";
import { jobListQuery } from "@/api/queries/jobs";
import { type Template, type TemplateStats, templateStatsQuery } from "@/api/queries/templates";
import { StackedBars, TimeSeries } from "@/components/charts";
import { Card, StatTile } from "@/components/ui/Card";
import { ErrorState, Skeleton } from "@/components/ui/feedback";
import { SegmentedControl } from "@/components/ui/Tabs";
import { serverNow } from "@/live/clock";
import { useJobsTopic } from "@/live/topics";
import { durationSeries, endSeries, fromOf, type Range, spanMs, timesOf } from "../model/stats";
import { RANGES } from "../search";
import { useFigures } from "./figures";
import { RunList } from "./RunList";

const route = getRouteApi("/shell/templates/$templateId");

export default function Runs({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate({ from: "/templates/$templateId" });
  const range = route.useSearch({ select: (search) => search.range }) ?? "7d";
  const start = useRef<{ range: Range; from: string } | null>(null);
  if (start.current?.range !== range) {
    start.current = { range, from: fromOf(range, serverNow()) };
  }
  const stats = useQuery({
    ...templateStatsQuery(template.id, start.current.from),
    placeholderData: (before) => before,
  });
  const jobs = useInfiniteQuery(jobListQuery({ template: template.id }));
  const rows = jobs.data?.pages.flatMap(({ items }) => items) ?? [];
  useRunsTopic(template.id);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <SegmentedControl<Range>
        label={t("runs.range")}
        value={range}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, range: next }) })}
        options={RANGES.map((value) => ({ value, label: t(`runs.${value}`) }))}
        className="self-start"
      />
      {stats.data !== undefined ? (
        <Figures stats={stats.data} range={range} />
      ) : stats.error !== null ? (
        <ErrorState error={stats.error} onRetry={() => void stats.refetch()} />
      ) : (
        <Skeleton className="h-80 w-full" />
      )}
      <h2 className="pt-2 text-lg">{t("runs.title")}</h2>
      {jobs.data === undefined && jobs.error !== null ? (
        <ErrorState error={jobs.error} onRetry={() => void jobs.refetch()} />
      ) : jobs.data === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <RunList
          rows={rows}
          onEndReached={() => {
            if (jobs.hasNextPage && !jobs.isFetchingNextPage) void jobs.fetchNextPage();
          }}
        />
      )}
    </div>
  );
}

const PAUSE_MS = 1500;

/** A run that comes or ends changes the list and the figures. */
function useRunsTopic(templateId: string): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useJobsTopic((changed) => {
    if (!changed.some(({ origin }) => origin?.template?.id === templateId)) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.jobs.list({ template: templateId }) });
      void client.invalidateQueries({ queryKey: keys.templates.all() });
    }, PAUSE_MS);
  });
}

function Figures({ stats, range }: { stats: TemplateStats; range: Range }) {
  const { t, i18n } = useTranslation("templates");
  const { t: common } = useTranslation();
  const { share, duration, number } = useFigures();
  const times = timesOf(stats.trend);
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const day = { day: "numeric", month: "short" } as const;
  const format = new Intl.DateTimeFormat(i18n.language, range === "24h" ? clock : day);
  const shared = {
    times,
    formatTime: (seconds: number) => format.format(seconds * 1000),
    empty: t("runs.none"),
  };
  const end = Date.parse(stats.end) / 1000;
  return (
    <>
      <div className="grid grid-cols-2 rounded-card border border-hairline bg-surface lg:grid-cols-4 [&>*+*]:border-hairline lg:[&>*+*]:border-l">
        <StatTile label={t("runs.count")} value={number(stats.runs)} />
        <StatTile label={t("column.success")} value={share(stats.success_rate)} />
        <StatTile label={t("runs.average")} value={duration(stats.avg_ms)} />
        <StatTile
          label="p95"
          value={duration(stats.p95_ms)}
          note={t("runs.median", { p50: duration(stats.p50_ms) })}
        />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card>
          <StackedBars
            {...shared}
            title={t("runs.ends")}
            series={endSeries(stats.trend, (state) => common(`state.${state}`))}
            format={number}
            height={180}
          />
        </Card>
        <Card>
          <TimeSeries
            {...shared}
            title={t("runs.durations")}
            series={durationSeries(stats.trend, t("runs.average"))}
            format={(ms) => duration(ms)}
            range={[end - spanMs(range) / 1000, end]}
            height={180}
          />
        </Card>
      </div>
    </>
  );
}
