/** The workers: a table, or cards on phones. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Worker } from "@/api/queries/workers";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { Duration, RelativeTime } from "@/components/ui/Time";
import { formatBytes, formatNumber, shortId } from "@/lib/format";
import { useWide } from "@/lib/media";
import { WorkerState } from "./WorkerState";

const MIB = 1024 * 1024;

/** CPU and memory in use, as far as they are known, against what the worker may use. */
export function useUse(): (worker: Worker) => { cpu: string; memory: string } {
  const { t, i18n } = useTranslation("workers");
  const language = i18n.language;
  return ({ cpu, memory_mb: memory, cpus_used: cpus, memory_used_bytes: bytes }) => {
    const cpuUsed = cpus === null ? t("none") : formatNumber(cpus, language, 2);
    const memoryUsed = bytes === null ? t("none") : formatBytes(bytes, language);
    return {
      cpu: t("of", { used: cpuUsed, limit: formatNumber(cpu, language, 2) }),
      memory: t("of", { used: memoryUsed, limit: formatBytes(memory * MIB, language) }),
    };
  };
}

type JobOfProps = { worker: Worker; className?: string };

export function JobOf({ worker, className }: JobOfProps) {
  const { t } = useTranslation("workers");
  if (worker.job_id === null) return <span className="text-subtle">{t("idle")}</span>;
  return (
    <Link
      to="/jobs/$jobId"
      params={{ jobId: worker.job_id }}
      className={className ?? "relative z-1 rounded-sm text-link hover:underline"}
    >
      {worker.job_name ?? shortId(worker.job_id)}
    </Link>
  );
}

const WorkerLink = ({ worker, className }: JobOfProps) => (
  <Link to="/workers/$workerId" params={{ workerId: worker.id }} className={className}>
    <code className="font-mono text-sm">{shortId(worker.id)}</code>
  </Link>
);

export function WorkerList({ workers }: { workers: readonly Worker[] }) {
  const { t } = useTranslation("workers");
  const use = useUse();
  const wide = useWide();
  const columns: Column<Worker>[] = [
    {
      id: "id",
      title: t("column.id"),
      width: "104px",
      cell: (worker) => <WorkerLink worker={worker} className="after:absolute after:inset-0" />,
    },
    {
      id: "state",
      title: t("column.state"),
      width: "152px",
      cell: (worker) => <WorkerState state={worker.state} />,
    },
    {
      id: "provider",
      title: t("column.provider"),
      width: "minmax(104px, 1fr)",
      cell: (worker) => worker.provider?.name ?? t("none"),
    },
    {
      id: "job",
      title: t("column.job"),
      width: "minmax(160px, 2fr)",
      cell: (worker) => <JobOf worker={worker} />,
    },
    {
      id: "heard",
      title: t("column.heard"),
      width: "136px",
      cell: (worker) =>
        worker.heard_at === null ? t("none") : <RelativeTime at={worker.heard_at} />,
    },
    {
      id: "cpu",
      title: t("column.cpu"),
      width: "112px",
      numeric: true,
      cell: (worker) => use(worker).cpu,
    },
    {
      id: "memory",
      title: t("column.memory"),
      width: "168px",
      numeric: true,
      cell: (worker) => use(worker).memory,
    },
    {
      id: "version",
      title: t("column.version"),
      width: "104px",
      cell: (worker) => worker.agent_version || t("none"),
    },
    {
      id: "age",
      title: t("column.age"),
      width: "104px",
      numeric: true,
      cell: (worker) => <Duration from={worker.created_at} to={worker.ended_at} />,
    },
  ];
  if (wide) {
    return (
      <div className="overflow-x-auto rounded-card border border-hairline bg-surface">
        <DataTable
          label={t("list")}
          columns={columns}
          rows={workers}
          rowId={(worker) => worker.id}
          rowName={(worker) => shortId(worker.id)}
        />
      </div>
    );
  }
  return (
    <CardList
      label={t("list")}
      rows={workers}
      rowId={(worker) => worker.id}
      height={() => 112}
      card={(worker) => (
        <div className="pb-2">
          <div className="relative rounded-card border border-hairline bg-surface px-4 py-3">
            <span className="flex items-center justify-between gap-3">
              <WorkerLink
                worker={worker}
                className="flex min-h-11 items-center after:absolute after:inset-0"
              />
              <WorkerState state={worker.state} />
            </span>
            <span className="flex items-center gap-1.5 text-sm text-muted">
              <span>{worker.provider?.name ?? t("none")}</span>
              <span aria-hidden>·</span>
              <span className="numeric">{use(worker).memory}</span>
            </span>
            <JobOf
              worker={worker}
              className="relative z-1 flex min-h-11 items-center truncate text-link"
            />
          </div>
        </div>
      )}
    />
  );
}
