/** `/jobs/:jobId`: one job in four views, alive. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { jobQuery } from "@/api/queries/jobs";
import { queryClient } from "@/api/queryClient";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { Page } from "@/components/ui/Page";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { LogViewer } from "@/features/logs";
import { useWide } from "@/lib/media";
import { useJobTopic } from "@/live/topics";
import { Actions } from "../components/Actions";
import { Meta } from "../components/Meta";
import { Overview } from "../components/Overview";
import { useJobKeys } from "../hooks/neighbours";
import { isCancelling, type Job } from "../model/timeline";
import { TABS } from "../search";

const Config = lazy(() => import("../components/Config"));
const Resources = lazy(() => import("../components/Resources"));

const route = getRouteApi("/shell/jobs/$jobId");

export const first = ({ params }: { params: { jobId: string } }) =>
  queryClient.ensureQueryData(jobQuery(params.jobId));

export default function JobPage() {
  const { t } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const { jobId } = route.useParams();
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  const back = { to: "/jobs", label: common("nav.jobs") };
  if (job !== undefined) return <Loaded key={job.id} job={job} />;
  return (
    <Page title={t("title")} back={back}>
      {error === null ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-5 w-1/2" />
          <Skeleton className="h-10 w-full" />
          <Skeleton className="h-40 w-full" />
          <Skeleton className="h-60 w-full" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function Loaded({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const navigate = useNavigate({ from: "/jobs/$jobId" });
  const tab = route.useSearch({ select: (search) => search.tab }) ?? "overview";
  const wide = useWide();
  useJobTopic(job.id);
  const onTab = (next: (typeof TABS)[number]) =>
    void navigate({ search: (old) => ({ ...old, tab: next === "overview" ? undefined : next }) });
  useJobKeys(job, onTab);
  const state = isCancelling(job) ? "CANCELLING" : job.state;
  const panels = {
    overview: <Overview job={job} />,
    config: <Config job={job} />,
    logs: <Logs job={job} />,
    resources: <Resources job={job} />,
  };
  return (
    <Page
      title={job.name}
      back={{ to: "/jobs", label: common("nav.jobs") }}
      heading={
        <span className="flex min-w-0 items-center gap-3">
          <span className="truncate">{job.name}</span>
          {wide && <StatusBadge state={state} />}
        </span>
      }
      intro={
        <div className="flex flex-col items-start gap-2">
          {!wide && <StatusBadge state={state} />}
          <Meta job={job} />
        </div>
      }
      actions={wide ? <Actions job={job} /> : undefined}
    >
      <Announcement state={common(`state.${state}`)} />
      <Tabs
        label={t("tabs.label")}
        value={tab}
        onChange={onTab}
        tabs={TABS.map((value) => ({ value, label: t(`tabs.${value}`) }))}
      >
        {TABS.map((value) => (
          <TabPanel key={value} value={value}>
            <Suspense fallback={<Skeleton className="h-[60dvh] w-full" />}>
              {value === tab && panels[value]}
            </Suspense>
          </TabPanel>
        ))}
      </Tabs>
      {!wide && (
        <>
          <section
            aria-label={t("action.bar")}
            className="fixed inset-x-0 bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 flex gap-2 border-t border-hairline bg-bg px-4 py-2"
          >
            <Actions job={job} bar />
          </section>
          <div className="h-16" />
        </>
      )}
    </Page>
  );
}

function Logs({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  return (
    // The viewer has parts for screen readers only, which must not widen the page.
    <div className="relative flex flex-col gap-3 overflow-x-clip">
      <ButtonLink to="/jobs/$jobId/logs" params={{ jobId: job.id }} size="sm" className="self-end">
        {t("action.openLogs")}
      </ButtonLink>
      <LogViewer jobId={job.id} className="h-[65dvh]" />
    </div>
  );
}

/** Says a change of state, once, and nothing when the page opens. */
function Announcement({ state }: { state: string }) {
  const { t } = useTranslation("job-detail");
  const before = useRef(state);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (before.current === state) return;
    before.current = state;
    setSaid(t("status", { state }));
  }, [state, t]);
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}
