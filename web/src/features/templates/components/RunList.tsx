/** The runs of a template: a table, or cards on phones. */
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isCancelling, type JobRow } from "@/api/queries/jobs";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/feedback";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { Duration, RelativeTime } from "@/components/ui/Time";
import { useWide } from "@/lib/media";

type Props = { rows: readonly JobRow[]; onEndReached: () => void };

const stateOf = (job: JobRow) => (isCancelling(job) ? "CANCELLING" : job.state);
const reach = "after:absolute after:inset-0";

export function RunList({ rows, onEndReached }: Props) {
  const { t } = useTranslation("templates");
  const wide = useWide();
  const columns = useColumns();
  if (rows.length === 0) {
    return (
      <EmptyState icon={Play} title={t("list.noRuns")}>
        {t("runs.emptyText")}
      </EmptyState>
    );
  }
  const shared = { label: t("runs.title"), rows, rowId: (job: JobRow) => job.id, onEndReached };
  if (wide) {
    return (
      <div className="rounded-card border border-hairline bg-surface">
        <DataTable {...shared} columns={columns} rowName={(job) => job.name} />
      </div>
    );
  }
  return (
    <CardList
      {...shared}
      height={() => 80}
      card={(job) => (
        <div className="pb-2">
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job.id }}
            className="flex h-18 flex-col justify-center rounded-card border border-hairline bg-surface px-4 active:bg-raised"
          >
            <span className="flex items-center justify-between gap-3">
              <span className="min-w-0 truncate font-medium">{job.name}</span>
              <StatusBadge state={stateOf(job)} />
            </span>
            <span className="flex items-center gap-1.5 pt-1 text-sm text-muted">
              <Version job={job} />
              <span aria-hidden>·</span>
              <Duration from={job.started_at} to={job.finished_at} className="numeric" />
              <span aria-hidden>·</span>
              <RelativeTime at={job.submitted_at} short />
            </span>
          </Link>
        </div>
      )}
    />
  );
}

function Version({ job }: { job: JobRow }) {
  const { t } = useTranslation("templates");
  const version = job.origin?.template?.version;
  return version === undefined ? null : <span>{t("version", { version })}</span>;
}

function useColumns(): Column<JobRow>[] {
  const { t } = useTranslation("templates");
  return [
    {
      id: "name",
      title: t("runs.job"),
      width: "minmax(180px, 3fr)",
      cell: (job) => (
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          preload="intent"
          className={`inline-block max-w-full truncate align-middle font-medium leading-6 ${reach}`}
        >
          {job.name}
        </Link>
      ),
    },
    {
      id: "state",
      title: t("runs.state"),
      width: "152px",
      cell: (job) => <StatusBadge state={stateOf(job)} />,
    },
    {
      id: "version",
      title: t("column.version"),
      width: "88px",
      numeric: true,
      cell: (job) => <Version job={job} />,
    },
    {
      id: "duration",
      title: t("runs.duration"),
      width: "112px",
      numeric: true,
      cell: (job) => <Duration from={job.started_at} to={job.finished_at} />,
    },
    {
      id: "at",
      title: t("runs.at"),
      width: "152px",
      cell: (job) => <RelativeTime at={job.submitted_at} className="text-muted" />,
    },
    {
      id: "by",
      title: t("runs.by"),
      width: "minmax(120px, 1fr)",
      cell: (job) => job.origin?.schedule?.name ?? job.owner,
    },
  ];
}
