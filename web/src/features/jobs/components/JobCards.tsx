/** The jobs as cards, grouped by day, for phones. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isCancelling, type JobRow } from "@/api/queries/jobs";
import { CardList } from "@/components/ui/CardList";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { Duration, RelativeTime } from "@/components/ui/Time";
import { formatDay, shortId } from "@/lib/format";
import { serverNow } from "@/live/clock";
import { LineCounts } from "./JobTable";

const HEIGHT = 80; // of a card (h-18) and the gap below
const HEADING = 36; // of the name of a day
const DAY = 86_400_000;

const dayOf = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** "Today", "Yesterday" or the day, over the first card of each day. */
function useDayName(): (at: number) => string {
  const { t, i18n } = useTranslation();
  return (at) => {
    const now = serverNow();
    const days = Math.round((dayOf(now) - dayOf(at)) / DAY);
    if (days === 0) return t("date.today");
    return days === 1 ? t("date.yesterday") : formatDay(at, now, i18n.language);
  };
}

type JobCardsProps = { rows: readonly JobRow[]; onEndReached(): void };

export function JobCards({ rows, onEndReached }: JobCardsProps) {
  const { t } = useTranslation("jobs");
  const dayName = useDayName();
  const firsts = new Set<string>();
  let before = Number.NaN;
  for (const row of rows) {
    const day = dayOf(Date.parse(row.submitted_at));
    if (day !== before) firsts.add(row.id);
    before = day;
  }
  return (
    <CardList
      label={t("list")}
      rows={rows}
      rowId={(job) => job.id}
      height={(job) => (firsts.has(job.id) ? HEIGHT + HEADING : HEIGHT)}
      onEndReached={onEndReached}
      card={(job) => (
        <div className="pb-2">
          {firsts.has(job.id) && (
            <h2 className="pt-2 pb-2 text-sm font-medium text-muted">
              {dayName(Date.parse(job.submitted_at))}
            </h2>
          )}
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job.id }}
            className="flex h-18 flex-col justify-center rounded-card border border-hairline bg-surface px-4 active:bg-raised"
          >
            <span className="flex items-center justify-between gap-3">
              <span className="min-w-0 truncate font-medium">{job.name}</span>
              <StatusBadge state={isCancelling(job) ? "CANCELLING" : job.state} />
            </span>
            <span className="flex items-center gap-1.5 pt-1 text-sm text-muted">
              <code className="font-mono text-subtle">{shortId(job.id)}</code>
              <span aria-hidden>·</span>
              <Duration from={job.started_at} to={job.finished_at} className="numeric" />
              <span aria-hidden>·</span>
              <RelativeTime at={job.submitted_at} short className="shrink-0" />
              <span className="min-w-0 flex-1 truncate">
                {job.origin && `· ${job.origin.schedule?.name ?? job.origin.template?.name ?? ""}`}
              </span>
              <LineCounts job={job} />
            </span>
          </Link>
        </div>
      )}
    />
  );
}
