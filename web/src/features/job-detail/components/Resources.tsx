/** The fourth tab: CPU, memory, disk, network and processes over time. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { storedSpec } from "@/api/spec";
import { TimeSeries, type TimeSeriesProps } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Stale } from "@/components/ui/Stale";
import { SegmentedControl } from "@/components/ui/Tabs";
import { formatBytes, formatNumber } from "@/lib/format";
import { useNow } from "@/live/clock";
import { useStats } from "../hooks/stats";
import { type Columns, since } from "../model/samples";
import { isFinished, type Job } from "../model/timeline";
import { RANGES, type Range } from "../search";
import { AttemptChoice } from "./AttemptChoice";

const route = getRouteApi("/shell/jobs/$jobId");
const MIB = 1024 * 1024;
const SECONDS: Record<Range, number | null> = { all: null, "5m": 300, "1h": 3600 };

export default function Resources({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const navigate = useNavigate({ from: "/jobs/$jobId" });
  const search = route.useSearch();
  const range = search.range ?? "all";
  const attempt = search.attempt ?? null;
  const { columns, isPending, error, retry } = useStats(job, attempt);
  const running = job.state === "RUNNING";
  const now = useNow(running && range !== "all");
  const last = columns.times.at(-1) ?? 0;
  const length = SECONDS[range];
  const end = running ? Math.max(last, now / 1000) : last;
  const shown = since(columns, length === null ? null : end - length);
  const empty = t(
    columns.times.length > 0
      ? "resources.empty"
      : !isFinished(job)
        ? "resources.waiting"
        : job.started_at === null
          ? "resources.never"
          : "resources.short",
  );
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <SegmentedControl
          label={t("resources.range")}
          value={range}
          onChange={(next: Range) =>
            void navigate({
              search: (old) => ({ ...old, range: next === "all" ? undefined : next }),
            })
          }
          options={RANGES.map((value) => ({ value, label: t(`resources.${value}`) }))}
          className="[&_button]:whitespace-nowrap"
        />
        <AttemptChoice
          job={job}
          value={attempt}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, attempt: next ?? undefined }) })
          }
        />
      </div>
      {error !== null && columns.times.length === 0 && <ErrorState error={error} onRetry={retry} />}
      {isPending && error === null && (
        <Loading className="grid gap-4 lg:grid-cols-2">
          {["a", "b", "c", "d"].map((key) => (
            <Skeleton key={key} className="h-56 w-full" />
          ))}
        </Loading>
      )}
      {!isPending && (
        <Stale>
          <Charts job={job} columns={shown} empty={empty} />
        </Stale>
      )}
    </div>
  );
}

function Charts({ job, columns, empty }: { job: Job; columns: Columns; empty: string }) {
  const { t, i18n } = useTranslation("job-detail");
  const { resources } = storedSpec(job);
  const bytes = (value: number) => formatBytes(value, i18n.language);
  const number = (value: number) => formatNumber(value, i18n.language, 2);
  const cores = (value: number) => t("resources.cores", { count: value, value: number(value) });
  const rate = (value: number) => t("resources.perSecond", { value: bytes(value) });
  const limit = resources.memory_mb * MIB;
  const shared = { times: columns.times, group: job.id, empty };
  const charts: (TimeSeriesProps & { wide?: boolean })[] = [
    {
      ...shared,
      title: t("resources.cpu"),
      format: cores,
      formatAxis: number,
      limit: { value: resources.cpu, label: t("resources.limit", { value: cores(resources.cpu) }) },
      series: [line("cpu", t("resources.used"), "--c-running", columns.cpu, true)],
    },
    {
      ...shared,
      title: t("resources.memory"),
      format: bytes,
      binary: true,
      limit: { value: limit, label: t("resources.limit", { value: bytes(limit) }) },
      series: [line("memory", t("resources.used"), "--c-assigned", columns.memory, true)],
    },
    {
      ...shared,
      title: t("resources.disk"),
      format: rate,
      binary: true,
      series: [
        line("read", t("resources.read"), "--c-succeeded", columns.diskRead),
        line("written", t("resources.written"), "--c-timeout", columns.diskWrite),
      ],
    },
    {
      ...shared,
      title: t("resources.network"),
      format: rate,
      binary: true,
      series: [
        line("received", t("resources.received"), "--c-succeeded", columns.netRx),
        line("sent", t("resources.sent"), "--c-timeout", columns.netTx),
      ],
    },
    {
      ...shared,
      title: t("resources.processes"),
      format: number,
      series: [line("count", t("resources.count"), "--c-pending", columns.processes)],
    },
  ];
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      {charts.map((chart) => (
        <Card key={chart.title}>
          <TimeSeries {...chart} />
        </Card>
      ))}
    </div>
  );
}

const line = (
  key: string,
  label: string,
  colour: TimeSeriesProps["series"][number]["colour"],
  values: readonly (number | null)[],
  filled = false,
) => ({ key, label, colour, values, filled });
