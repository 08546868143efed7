/** The last five jobs. */
import { useQuery } from "@tanstack/react-query";
import { Link as RouterLink } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isCancelling, type JobRow, recentJobsQuery } from "@/api/queries/jobs";
import { Card } from "@/components/ui/Card";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { Duration, RelativeTime } from "@/components/ui/Time";
import { shortId } from "@/lib/format";

const LINES = 5;

export function Recent() {
  const { t } = useTranslation("dashboard");
  const { data, error, refetch } = useQuery(recentJobsQuery());
  return (
    <Card
      id="recent"
      flush
      title={t("recent.title")}
      actions={
        <Link to="/jobs" className="flex h-11 items-center font-medium">
          {t("recent.seeAll")}
        </Link>
      }
    >
      {error !== null && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading className="flex flex-col gap-4 p-4">
          {Array.from({ length: LINES }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: shapes without identity
            <Skeleton key={index} className="h-10" />
          ))}
        </Loading>
      ) : data.items.length === 0 ? (
        <EmptyState title={t("recent.empty")} />
      ) : (
        <ul>
          {data.items.map((job) => (
            <Row key={job.id} job={job} />
          ))}
        </ul>
      )}
    </Card>
  );
}

const Row = ({ job }: { job: JobRow }) => (
  <li className="border-t border-hairline">
    <RouterLink
      to="/jobs/$jobId"
      params={{ jobId: job.id }}
      className="grid min-h-16 grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 px-4 py-2.5 -outline-offset-2 transition-colors hover:bg-raised last:rounded-b-card"
    >
      <span className="truncate font-medium">{job.name}</span>
      <span className="sm:row-span-2">
        <StatusBadge state={isCancelling(job) ? "CANCELLING" : job.state} />
      </span>
      <span className="flex gap-1.5 whitespace-nowrap text-sm text-muted max-sm:col-span-2">
        <code className="font-mono text-subtle">{shortId(job.id)}</code>
        <span aria-hidden>·</span>
        <Duration from={job.started_at} to={job.finished_at} className="numeric" />
        <span aria-hidden>·</span>
        <RelativeTime at={job.submitted_at} short className="truncate" />
      </span>
    </RouterLink>
  </li>
);
