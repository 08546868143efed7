/** CPU and memory against their limits, now or at the end, with their recent course. */
import { useTranslation } from "react-i18next";
import { storedSpec } from "@/api/spec";
import { CapacityBar, Sparkline } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { Loading, Skeleton } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { Stale } from "@/components/ui/Stale";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";
import { useStats } from "../hooks/stats";
import { latest } from "../model/samples";
import { isFinished, type Job } from "../model/timeline";

const MIB = 1024 * 1024;
const RECENT = 120;

/** The recent course; a single point is none. */
const Course = (props: React.ComponentProps<typeof Sparkline>) =>
  props.values.length > 2 ? <Sparkline {...props} /> : null;

export function LiveResources({ job }: { job: Job }) {
  const { t, i18n } = useTranslation("job-detail");
  const { columns, isPending } = useStats(job, null);
  const over = isFinished(job);
  const spec = storedSpec(job);
  const memoryLimit = spec.resources.memory_mb * MIB;
  const attempt = job.attempts.at(-1);
  const bytes = (value: number) => formatBytes(value, i18n.language);
  const cores = (value: number) => formatNumber(value, i18n.language, 2);
  const cpu = latest(columns.cpu);
  const memory = latest(columns.memory);
  const ran = over && job.started_at !== null;
  const known = memory !== null || ran;
  return (
    <Card id="live" title={t(over ? "live.last" : "live.title")}>
      {isPending && (
        <Loading className="flex flex-col gap-3">
          <Skeleton className="h-14 w-full" />
          <Skeleton className="h-14 w-full" />
        </Loading>
      )}
      {!isPending && !known && <p className="text-muted">{t(over ? "live.never" : "live.none")}</p>}
      {known && (
        <Stale>
          <div className="flex flex-col gap-5">
            <div>
              <CapacityBar
                label={t("live.cpu")}
                used={over ? 0 : (cpu ?? 0)}
                limit={over ? null : spec.resources.cpu}
                text={
                  over
                    ? t("live.cpuPeak", {
                        used: formatDuration(attempt?.cpu_ms ?? 0, i18n.language),
                      })
                    : t("live.cpuText", {
                        count: spec.resources.cpu,
                        used: cores(cpu ?? 0),
                        limit: cores(spec.resources.cpu),
                      })
                }
              />
              <Course
                values={columns.cpu.slice(-RECENT)}
                colour="--c-running"
                top={spec.resources.cpu}
                className="mt-2 h-10 w-full"
              />
            </div>
            <div>
              <CapacityBar
                label={over ? `${t("live.memory")} · ${t("live.peak")}` : t("live.memory")}
                used={over ? (attempt?.memory_peak_bytes ?? 0) : (memory ?? 0)}
                limit={memoryLimit}
                text={t("live.memoryText", {
                  used: bytes(over ? (attempt?.memory_peak_bytes ?? 0) : (memory ?? 0)),
                  limit: bytes(memoryLimit),
                })}
              />
              <Course
                values={columns.memory.slice(-RECENT)}
                colour="--c-assigned"
                className="mt-2 h-10 w-full"
              />
            </div>
            <Link
              to="/jobs/$jobId"
              params={{ jobId: job.id }}
              search={{ tab: "resources" }}
              className="self-start text-sm pointer-coarse:py-3"
            >
              {t("live.more")}
            </Link>
          </div>
        </Stale>
      )}
    </Card>
  );
}
