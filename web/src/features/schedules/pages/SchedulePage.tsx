/** `/schedules/$scheduleId`: when it runs next, how it went, and what can be done with it. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Pause, Pencil, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Schedule,
  scheduleQuery,
  useDeleteSchedule,
  useDeletingSchedule,
} from "@/api/queries/schedules";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import {
  Banner,
  ErrorState,
  Loading,
  Skeleton,
  useErrorDetail,
  useErrorTitle,
} from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Page } from "@/components/ui/Page";
import { useRefusal } from "@/components/ui/refusal";
import { Stale } from "@/components/ui/Stale";
import { toast } from "@/components/ui/toast";
import { useSchedulesTopic } from "@/live/topics";
import { History } from "../components/History";
import { NextRuns } from "../components/NextRuns";
import { Strip } from "../components/OutcomeMark";
import { ScheduleFacts } from "../components/ScheduleFacts";
import { usePause, useRunNow } from "../hooks/actions";
import { useWords } from "../hooks/words";

const route = getRouteApi("/shell/schedules/$scheduleId");

export default function SchedulePage() {
  const { t } = useTranslation("schedules");
  const { scheduleId } = route.useParams();
  const deleting = useDeletingSchedule(scheduleId);
  const { data, error, refetch } = useQuery({ ...scheduleQuery(scheduleId), enabled: !deleting });
  useSchedulesTopic();
  if (data !== undefined) return <Loaded key={data.id} schedule={data} />;
  return (
    <Page title={t("one")} back={{ to: "/schedules", label: t("title") }}>
      {error === null ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-40" />
          <Skeleton className="h-64" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function Loaded({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation("schedules");
  const words = useWords()(schedule.words);
  const navigate = useNavigate({ from: "/schedules/$scheduleId" });
  const { outcome } = route.useSearch();
  const { paused } = usePause(schedule);
  const by = schedule.paused_by;
  return (
    <Page
      title={schedule.name}
      back={{ to: "/schedules", label: t("title") }}
      intro={
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="text-text">{words}</span>
          <span>{schedule.zone}</span>
          {paused && <Badge tone="warn">{t("paused")}</Badge>}
        </div>
      }
      actions={<Actions schedule={schedule} />}
    >
      <Stale>
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="flex min-w-0 flex-col gap-4">
            {schedule.description !== "" && (
              <p className="max-w-prose text-muted">{schedule.description}</p>
            )}
            {paused && (
              <Banner tone="warn">
                {by ? `${t("pausedBy", { name: by })}. ` : ""}
                {t("next.nonePaused")}
              </Banner>
            )}
            <Card id="outcomes" title={t("column.last")}>
              <Strip schedule={schedule} />
            </Card>
            <div className="lg:hidden">
              <Next schedule={schedule} />
            </div>
            <History
              id={schedule.id}
              zone={schedule.zone}
              outcome={outcome}
              onOutcome={(next) =>
                void navigate({ search: next === undefined ? {} : { outcome: next } })
              }
            />
          </div>
          <div className="flex min-w-0 flex-col gap-4">
            <div className="max-lg:hidden">
              <Next schedule={schedule} />
            </div>
            <ScheduleFacts schedule={schedule} />
          </div>
        </div>
      </Stale>
    </Page>
  );
}

const Next = ({ schedule }: { schedule: Schedule }) => {
  const { t } = useTranslation("schedules");
  return (
    <Card title={t("next.title")}>
      <NextRuns slots={schedule.next} zone={schedule.zone} />
    </Card>
  );
};

function Actions({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation("schedules");
  const run = useRunNow(schedule);
  const pause = usePause(schedule);
  const navigate = useNavigate();
  const refusal = useRefusal("schedules.manage", schedule.project);
  return (
    <>
      <Button
        look="primary"
        icon={Play}
        busy={run.busy}
        disabledReason={run.refusal}
        onClick={run.start}
      >
        {t("runNow")}
      </Button>
      <Button
        icon={pause.paused ? Play : Pause}
        busy={pause.busy}
        disabledReason={refusal}
        onClick={() => pause.set(!pause.paused)}
      >
        {t(pause.paused ? "resume" : "pause")}
      </Button>
      <Button
        icon={Pencil}
        disabledReason={refusal}
        onClick={() =>
          void navigate({
            to: "/schedules/$scheduleId/edit",
            params: { scheduleId: schedule.id },
          })
        }
      >
        {t("edit")}
      </Button>
      <Delete schedule={schedule} refusal={refusal} />
    </>
  );
}

function Delete({ schedule, refusal }: { schedule: Schedule; refusal: string | undefined }) {
  const { t } = useTranslation("schedules");
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { id, name } = schedule;
  const remove = useDeleteSchedule(id, async () => {
    await navigate({ to: "/schedules" });
    toast.done(t("deleted", { name }));
  });
  return (
    <>
      <Button icon={Trash2} disabledReason={refusal} onClick={() => setAsking(true)}>
        {t("delete")}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("deleteTitle", { name })}
        effect={t("deleteEffect")}
        confirm={t("delete")}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(undefined, {
            onError(error) {
              setAsking(false);
              toast.failed(title(error), detail(error));
            },
          })
        }
      />
    </>
  );
}
