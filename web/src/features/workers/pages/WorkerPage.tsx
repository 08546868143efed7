/** One worker: what it is, what it does, and how to end it. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Worker, workerQuery } from "@/api/queries/workers";
import { Card, Facts } from "@/components/ui/Card";
import { Id } from "@/components/ui/Copy";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { Moment, RelativeTime } from "@/components/ui/Time";
import { said } from "@/i18n/phrases";
import { shortId } from "@/lib/format";
import { useWorkersTopic } from "@/live/topics";
import { WorkerActions } from "../components/WorkerActions";
import { JobOf, useUse } from "../components/WorkerList";
import { WorkerState } from "../components/WorkerState";

const route = getRouteApi("/shell/workers/$workerId");

export default function WorkerPage() {
  const { t } = useTranslation("workers");
  const { workerId } = route.useParams();
  const { data: worker, error, refetch } = useQuery(workerQuery(workerId));
  useWorkersTopic();
  return (
    <Page
      title={t("one", { id: shortId(workerId) })}
      back={{ to: "/workers", label: t("title") }}
      actions={worker && <WorkerActions worker={worker} />}
    >
      {worker !== undefined ? (
        <Stale>
          <WorkerFacts worker={worker} />
        </Stale>
      ) : error === null ? (
        <Loading>
          <Skeleton className="h-96" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function WorkerFacts({ worker }: { worker: Worker }) {
  const { t } = useTranslation("workers");
  const use = useUse()(worker);
  const moment = (at: string | null) => (at === null ? t("none") : <Moment at={at} />);
  const heard = worker.heard_at;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2 lg:gap-6">
      <Card>
        <Facts
          facts={[
            ["ID", <Id key="id" id={worker.id} what={t("workerId")} />],
            [t("fact.state"), <WorkerState key="state" state={worker.state} />],
            [t("fact.wanted"), t(`wanted.${worker.target}`)],
            [t("fact.job"), <JobOf key="job" worker={worker} />],
            [t("fact.provider"), worker.provider?.name ?? t("none")],
            [t("fact.image"), worker.image ?? t("none")],
            [t("fact.reuse"), t(worker.reusable ? "reuse.many" : "reuse.once")],
            [t("fact.cpu"), use.cpu],
            [t("fact.memory"), use.memory],
            [
              t("fact.agent"),
              [worker.agent_version, worker.architecture].filter(Boolean).join(", ") || t("none"),
            ],
          ]}
        />
      </Card>
      <Card>
        <Facts
          facts={[
            [t("fact.heard"), heard === null ? t("none") : <RelativeTime key="heard" at={heard} />],
            [t("fact.created"), moment(worker.created_at)],
            [t("fact.enrolled"), moment(worker.enrolled_at)],
            [t("fact.ready"), moment(worker.ready_at)],
            [t("fact.silent"), moment(worker.silent_at)],
            [t("fact.ended"), moment(worker.ended_at)],
            [t("fact.reason"), worker.reason === "" ? t("none") : said(worker.reason)],
          ]}
        />
      </Card>
    </div>
  );
}
