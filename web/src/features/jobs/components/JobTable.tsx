/** The jobs as a table, for screens with room. */
import { Link } from "@tanstack/react-router";
import { CircleX, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isCancelling, type JobRow } from "@/api/queries/jobs";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { Duration, RelativeTime } from "@/components/ui/Time";
import { formatNumber, shortId } from "@/lib/format";
import type { ColumnId } from "../model/columns";
import type { JobsSearch } from "../search";

type JobTableProps = {
  rows: readonly JobRow[];
  shown: readonly ColumnId[];
  search: JobsSearch;
  onChange(search: JobsSearch): void;
  selected: ReadonlySet<string>;
  onSelect(ids: ReadonlySet<string>): void;
  activeId: string | undefined;
  onEndReached(): void;
};

/** A value that narrows the list to its like; it lies above the row's own link. */
const Narrow = ({ text, label, onClick }: { text: string; label: string; onClick(): void }) => (
  <button
    type="button"
    title={`${label}: ${text}`}
    onClick={onClick}
    className="relative z-1 max-w-full truncate rounded-sm text-left text-muted hover:text-text hover:underline"
  >
    {text}
  </button>
);

/** How many warnings and errors the log holds. */
export function LineCounts({ job }: { job: JobRow }) {
  const { t, i18n } = useTranslation("jobs");
  const { warn_count: warn, error_count: error } = job;
  return (
    <span className="numeric inline-flex items-center gap-3 text-sm">
      {error > 0 && (
        <span
          title={t("lines.error", { count: error })}
          className="flex items-center gap-1 text-failed"
        >
          <CircleX size={14} aria-label={t("lines.error", { count: error })} />
          <span aria-hidden>{formatNumber(error, i18n.language)}</span>
        </span>
      )}
      {warn > 0 && (
        <span
          title={t("lines.warn", { count: warn })}
          className="flex items-center gap-1 text-timeout"
        >
          <TriangleAlert size={14} aria-label={t("lines.warn", { count: warn })} />
          <span aria-hidden>{formatNumber(warn, i18n.language)}</span>
        </span>
      )}
    </span>
  );
}

function useColumnDefinitions({ search, onChange }: Pick<JobTableProps, "search" | "onChange">) {
  const { t } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const oldest = search.sort === "created";
  const cells: Record<ColumnId, Omit<Column<JobRow>, "id" | "title">> = {
    id: {
      width: "96px",
      spare: 5,
      cell: (job) => <code className="font-mono text-sm text-subtle">{shortId(job.id)}</code>,
    },
    name: {
      width: "minmax(200px, 3fr)",
      cell: (job) => (
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          preload="intent"
          className="font-medium leading-6 inline-block max-w-full truncate align-middle after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus"
        >
          {job.name}
        </Link>
      ),
    },
    status: {
      width: "152px",
      cell: (job) => (
        <button
          type="button"
          title={t("filter.only", { state: common(`state.${job.state}`) })}
          onClick={() => onChange({ ...search, status: job.state })}
          className="relative z-1 rounded-full align-middle"
        >
          <StatusBadge state={isCancelling(job) ? "CANCELLING" : job.state} />
        </button>
      ),
    },
    duration: {
      width: "104px",
      spare: 1,
      numeric: true,
      cell: (job) => <Duration from={job.started_at} to={job.finished_at} />,
    },
    created: {
      width: "136px",
      cell: (job) => <RelativeTime at={job.submitted_at} short className="text-muted" />,
      sorted: oldest ? "ascending" : "descending",
      onSort: () => onChange({ ...search, sort: oldest ? undefined : "created" }),
    },
    origin: {
      width: "minmax(112px, 1fr)",
      spare: 4,
      cell: ({ origin }) => {
        const { template, schedule } = origin ?? {};
        if (schedule) {
          return (
            <Narrow
              label={t("filter.schedule")}
              text={schedule.name}
              onClick={() => onChange({ ...search, schedule: schedule.id })}
            />
          );
        }
        if (!template) return null;
        return (
          <Narrow
            label={t("filter.template")}
            text={t("version", { name: template.name, version: template.version })}
            onClick={() => onChange({ ...search, template: template.id })}
          />
        );
      },
    },
    provider: {
      width: "minmax(96px, 1fr)",
      spare: 3,
      cell: (job) =>
        job.provider && (
          <Narrow
            label={t("filter.provider")}
            text={job.provider.name ?? shortId(job.provider.id)}
            onClick={() =>
              onChange({ ...search, provider: job.provider?.name ?? job.provider?.id })
            }
          />
        ),
    },
    by: {
      width: "minmax(88px, 1fr)",
      spare: 6,
      cell: (job) => (
        <Narrow
          label={t("filter.by")}
          text={job.owner}
          onClick={() => onChange({ ...search, by: job.owner })}
        />
      ),
    },
    priority: { width: "96px", spare: 5, cell: (job) => common(`priority.${job.priority}`) },
    labels: {
      width: "minmax(120px, 1.5fr)",
      spare: 7,
      cell: (job) => (
        <span className="flex gap-2">
          {Object.entries(job.labels).map(([key, value]) => (
            <Narrow
              key={key}
              label={t("filter.labelled")}
              text={`${key}:${value}`}
              onClick={() => onChange({ ...search, label: `${key}:${value}` })}
            />
          ))}
        </span>
      ),
    },
    lines: { width: "minmax(144px, 1fr)", spare: 2, cell: (job) => <LineCounts job={job} /> },
  };
  return cells;
}

export function JobTable(props: JobTableProps) {
  const { t } = useTranslation("jobs");
  const cells = useColumnDefinitions(props);
  const columns = props.shown.map((id) => ({ id, title: t(`column.${id}`), ...cells[id] }));
  return (
    <div className="rounded-card border border-hairline bg-surface">
      <DataTable
        label={t("list")}
        columns={columns}
        rows={props.rows}
        rowId={(job) => job.id}
        rowName={(job) => job.name}
        selection={{ selected: props.selected, onSelect: props.onSelect }}
        activeId={props.activeId}
        onEndReached={props.onEndReached}
      />
    </div>
  );
}
