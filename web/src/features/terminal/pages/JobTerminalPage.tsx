/** `/jobs/:jobId/terminal`: a shell beside the job, or why there is none. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowLeft, SquareTerminal } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isCancelling, type Job, jobQuery, TERMINAL } from "@/api/queries/jobs";
import { usePermission } from "@/api/queries/system";
import { EmptyState, ErrorState, Skeleton } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { shortId } from "@/lib/format";
import { useJobTopic } from "@/live/topics";
import { Console } from "../components/Console";

const route = getRouteApi("/shell/jobs/$jobId/terminal");

export default function JobTerminalPage() {
  const { jobId } = route.useParams();
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  if (job !== undefined) return <Loaded key={job.id} job={job} />;
  return (
    <Frame jobId={jobId} name={shortId(jobId)}>
      {error === null ? (
        <Skeleton className="m-4 h-40" />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Frame>
  );
}

function Loaded({ job }: { job: Job }) {
  const { t } = useTranslation("terminal");
  const reason = useReason(job);
  // What a shell has shown stays to be read when the job is over.
  const [entered, setEntered] = useState(false);
  if (reason === undefined && !entered) setEntered(true);
  useJobTopic(job.id);
  return (
    <Frame
      jobId={job.id}
      name={job.name}
      badge={<StatusBadge state={isCancelling(job) ? "CANCELLING" : job.state} />}
    >
      {entered ? (
        <Console jobId={job.id} closed={reason} />
      ) : (
        <EmptyState
          icon={SquareTerminal}
          title={t("none.title")}
          action={
            <ButtonLink to="/jobs/$jobId" params={{ jobId: job.id }}>
              {t("none.back")}
            </ButtonLink>
          }
        >
          {reason}
        </EmptyState>
      )}
    </Frame>
  );
}

/** Why no shell can be opened; undefined: it can. */
function useReason(job: Job): string | undefined {
  const { t } = useTranslation("terminal");
  const { t: common } = useTranslation();
  const allowed = usePermission("terminal.open");
  if (!allowed) return common("forbidden.reason", { permission: "terminal.open" });
  if (TERMINAL.has(job.state)) return t("reason.over");
  if (isCancelling(job)) return t("reason.cancelling");
  return job.phase === "RUNNING" ? undefined : t("reason.notStarted");
}

type FrameProps = { jobId: string; name: string; badge?: ReactNode; children: ReactNode };

function Frame({ jobId, name, badge, children }: FrameProps) {
  const { t } = useTranslation("terminal");
  const { t: common } = useTranslation();
  const title = t("title", { name });
  useEffect(() => {
    document.title = `${title} · Hodei`;
  }, [title]);
  return (
    <div className="fixed inset-0 z-40 flex flex-col bg-bg pt-[env(safe-area-inset-top)] pb-[env(safe-area-inset-bottom)] sm:static sm:z-auto sm:h-dvh sm:gap-2 sm:px-6 sm:pt-4 sm:pb-4 lg:px-8">
      <header className="flex min-h-12 items-center gap-2 px-2 sm:min-h-9 sm:px-0">
        <ButtonLink
          to="/jobs/$jobId"
          params={{ jobId }}
          look="quiet"
          size="icon"
          icon={ArrowLeft}
          aria-label={`${common("nav.back")}: ${name}`}
        />
        <h1 className="min-w-0 truncate text-lg">{title}</h1>
        {badge}
      </header>
      {children}
    </div>
  );
}
