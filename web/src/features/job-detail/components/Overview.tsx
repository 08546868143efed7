/** The first tab: the way of the job, why it stands where it stands, its figures, its last lines. */
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Card, Facts } from "@/components/ui/Card";
import { Skeleton } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { Moment } from "@/components/ui/Time";
import { LatestLogs } from "@/features/logs";
import { shortId } from "@/lib/format";
import { isFinished, type Job } from "../model/timeline";
import { FailureCard } from "./FailureCard";
import { LiveResources } from "./LiveResources";
import { OriginCard } from "./OriginCard";
import { Timeline } from "./Timeline";
import { TraceFact } from "./TraceFact";
import { WhyCard } from "./WhyCard";

const LINES = 8;

export function Overview({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const failed = isFinished(job) && job.state !== "SUCCEEDED";
  const attempt = job.attempts.at(-1)?.number ?? null;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        {job.state === "PENDING" && <WhyCard job={job} />}
        {failed && job.outcome !== null && <FailureCard job={job} outcome={job.outcome} />}
        <Timeline job={job} />
        <Card
          id="latest-logs"
          title={t("logs.latest")}
          actions={
            <Link
              to="/jobs/$jobId/logs"
              params={{ jobId: job.id }}
              className="text-sm pointer-coarse:py-3"
            >
              {t("action.openLogs")}
            </Link>
          }
        >
          <Suspense fallback={<Skeleton className="h-44 w-full" />}>
            <LatestLogs jobId={job.id} attempt={attempt} count={LINES} />
          </Suspense>
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <LiveResources job={job} />
        {job.origin !== null && <OriginCard job={job} origin={job.origin} />}
        <Times job={job} />
      </div>
    </div>
  );
}

function Times({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const attempt = job.attempts.at(-1);
  const facts: [string, React.ReactNode][] = [
    [t("facts.submitted"), <Moment key="s" at={job.submitted_at} />],
  ];
  if (job.started_at !== null) {
    facts.push([t("facts.started"), <Moment key="b" at={job.started_at} />]);
  }
  if (job.finished_at !== null) {
    facts.push([t("facts.finished"), <Moment key="f" at={job.finished_at} />]);
  } else if (attempt !== undefined && attempt.run_deadline !== null) {
    facts.push([t("facts.deadline"), <Moment key="d" at={attempt.run_deadline} />]);
  }
  if (job.rerun_of !== null) {
    facts.push([
      t("rerun.from"),
      <Link
        key="r"
        to="/jobs/$jobId"
        params={{ jobId: job.rerun_of }}
        className="font-mono text-sm"
      >
        {shortId(job.rerun_of)}
      </Link>,
    ]);
  }
  // A server of the release before does not tell of traces.
  if (job.trace_id) facts.push([t("trace.title"), <TraceFact key="t" job={job} />]);
  return (
    <Card id="times" title={t("facts.title")}>
      <Facts facts={facts} />
    </Card>
  );
}
