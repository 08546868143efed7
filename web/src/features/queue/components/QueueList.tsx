/** The waiting jobs in order: a table, or cards on phones. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type QueueEntry, useChangePriority } from "@/api/queries/queue";
import { sentence } from "@/components/placement/Rejections";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { Select } from "@/components/ui/Input";
import { useRefusal } from "@/components/ui/refusal";
import { Duration } from "@/components/ui/Time";
import { Tooltip } from "@/components/ui/Tooltip";
import { toast } from "@/components/ui/toast";
import { said } from "@/i18n/phrases";
import { formatDuration, formatNumber } from "@/lib/format";
import { useWide } from "@/lib/media";

const PRIORITIES = ["HIGH", "NORMAL", "LOW"] as const;

type QueueListProps = { rows: readonly QueueEntry[]; onEndReached(): void };

/** When a job is expected to start, in words. */
function useExpectedStart(): (entry: QueueEntry) => string {
  const { t, i18n } = useTranslation("queue");
  return ({ predicted_wait_ms: wait }) => {
    if (wait === null) return t("unknown");
    if (wait < 1000) return t("now");
    return t("in", { duration: formatDuration(wait, i18n.language) });
  };
}

function PriorityMenu({ entry }: { entry: QueueEntry }) {
  const { t } = useTranslation("queue");
  const { t: common } = useTranslation();
  const change = useChangePriority();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("jobs.run", entry.project);
  const choose = (priority: QueueEntry["priority"]) =>
    change.mutate(
      { id: entry.job_id, priority },
      {
        onSuccess: () =>
          toast.done(t("changed", { name: entry.name, priority: common(`priority.${priority}`) })),
        onError: (error) => toast.failed(title(error), detail(error)),
      },
    );
  const select = (
    <Select
      aria-label={t("changePriority", { name: entry.name })}
      value={entry.priority}
      onChange={(next) => choose(next as QueueEntry["priority"])}
      options={PRIORITIES.map((one) => ({ value: one, label: common(`priority.${one}`) }))}
      look="quiet"
      disabled={refusal !== undefined}
      className="relative z-1 -ml-2 w-28"
    />
  );
  return refusal === undefined ? (
    select
  ) : (
    <Tooltip text={refusal}>
      <span className="relative z-1">{select}</span>
    </Tooltip>
  );
}

const JobLink = ({ entry, className }: { entry: QueueEntry; className: string }) => (
  <Link to="/jobs/$jobId" params={{ jobId: entry.job_id }} className={className}>
    {entry.name}
  </Link>
);

export function QueueList({ rows, onEndReached }: QueueListProps) {
  const { t, i18n } = useTranslation("queue");
  const expected = useExpectedStart();
  const wide = useWide();
  const why = (entry: QueueEntry) =>
    entry.reason === "" ? t("notLooked") : sentence(said(entry.reason));
  const columns: Column<QueueEntry>[] = [
    {
      id: "position",
      title: t("column.position"),
      width: "64px",
      numeric: true,
      cell: (entry) => (
        <span className="text-subtle">{formatNumber(entry.position, i18n.language)}</span>
      ),
    },
    {
      id: "name",
      title: t("column.name"),
      width: "minmax(180px, 2fr)",
      cell: (entry) => (
        <JobLink entry={entry} className="font-medium after:absolute after:inset-0" />
      ),
    },
    {
      id: "priority",
      title: t("column.priority"),
      width: "120px",
      cell: (entry) => <PriorityMenu entry={entry} />,
    },
    {
      id: "waiting",
      title: t("column.waiting"),
      width: "112px",
      numeric: true,
      cell: (entry) => <Duration from={entry.queued_at} to={null} />,
    },
    { id: "start", title: t("column.start"), width: "144px", cell: expected },
    {
      id: "reason",
      title: t("column.reason"),
      width: "minmax(200px, 3fr)",
      cell: (entry) => (
        <span title={why(entry)} className="text-muted">
          {why(entry)}
        </span>
      ),
    },
    {
      id: "by",
      title: t("column.by"),
      width: "minmax(88px, 1fr)",
      cell: (entry) => <span className="text-muted">{entry.owner}</span>,
    },
  ];
  if (wide) {
    return (
      <div className="rounded-card border border-hairline bg-surface">
        <DataTable
          label={t("list")}
          columns={columns}
          rows={rows}
          rowId={(entry) => entry.job_id}
          rowName={(entry) => entry.name}
          onEndReached={onEndReached}
        />
      </div>
    );
  }
  return (
    <CardList
      label={t("list")}
      rows={rows}
      rowId={(entry) => entry.job_id}
      height={() => 128}
      onEndReached={onEndReached}
      card={(entry) => (
        <div className="pb-2">
          <div className="relative rounded-card border border-hairline bg-surface px-4 py-3">
            <span className="flex items-center gap-3">
              <span className="numeric text-subtle">{entry.position}</span>
              <JobLink
                entry={entry}
                className="flex min-h-11 min-w-0 flex-1 items-center truncate font-medium"
              />
              <PriorityMenu entry={entry} />
            </span>
            <span className="block text-sm text-muted">
              <Duration from={entry.queued_at} to={null} className="numeric" /> · {expected(entry)}
            </span>
            <span className="line-clamp-2 text-sm text-muted">{why(entry)}</span>
          </div>
        </div>
      )}
    />
  );
}
