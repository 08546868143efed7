/** `/schedules/$scheduleId/edit`: the same form, for a schedule that exists. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Schedule,
  type ScheduleOrder,
  scheduleQuery,
  useUpdateSchedule,
} from "@/api/queries/schedules";
import type { StoredSpec } from "@/api/spec";
import { Button } from "@/components/ui/Button";
import { Banner, ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { toast } from "@/components/ui/toast";
import { ScheduleForm } from "../components/ScheduleForm";
import { Waiting } from "../components/Waiting";
import { draftOf } from "../model/draft";

const route = getRouteApi("/shell/schedules/$scheduleId/edit");

export default function EditSchedulePage() {
  const { t } = useTranslation("schedules");
  const { scheduleId } = route.useParams();
  const { data, error, refetch } = useQuery(scheduleQuery(scheduleId));
  return (
    <Page
      title={data === undefined ? t("one") : t("form.edit", { name: data.name })}
      back={{ to: `/schedules/${scheduleId}`, label: data?.name ?? t("one") }}
    >
      {data !== undefined ? (
        <Editor key={data.id} schedule={data} />
      ) : error === null ? (
        <Waiting />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

/** Edits what was there when it was opened; what somebody else changes since is said, not mixed in. */
function Editor({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation("schedules");
  const navigate = useNavigate();
  const [base, setBase] = useState(schedule);
  const update = useUpdateSchedule(base.id);
  const leave = () =>
    navigate({ to: "/schedules/$scheduleId", params: { scheduleId: schedule.id } });
  const send = async (order: ScheduleOrder) => {
    const saved = await update.mutateAsync({ ...order, version: base.version });
    await leave();
    toast.done(t("form.saved", { name: saved.name }));
  };
  const { target } = base;
  const overtaken = schedule.version > base.version && !update.isPending && !update.isSuccess;
  return (
    <div className="flex flex-col gap-4">
      {overtaken && (
        <Banner
          tone="warn"
          action={
            <Button size="sm" onClick={() => setBase(schedule)}>
              {t("form.reload")}
            </Button>
          }
        >
          {t("form.stale")}
        </Banner>
      )}
      <ScheduleForm
        key={base.version}
        initial={draftOf(base)}
        stored={"spec" in target ? (target.spec as StoredSpec) : null}
        id={base.id}
        submit={t("form.save")}
        onSubmit={send}
      />
    </div>
  );
}
