/** `/schedules/new`: from nothing, for a template, or for a job that ran already. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { jobQuery } from "@/api/queries/jobs";
import { useProjectNames } from "@/api/queries/projects";
import { type ScheduleOrder, useCreateSchedule } from "@/api/queries/schedules";
import { templateQuery } from "@/api/queries/templates";
import { type StoredSpec, storedSpec } from "@/api/spec";
import { ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { toast } from "@/components/ui/toast";
import { ScheduleForm } from "../components/ScheduleForm";
import { Waiting } from "../components/Waiting";
import { type Draft, freshDraft, nameFrom } from "../model/draft";
import { ownZone } from "../model/zoned";

const route = getRouteApi("/shell/schedules/new");

export default function NewSchedulePage() {
  const { t } = useTranslation("schedules");
  const { template, from } = route.useSearch();
  const job = useQuery({ ...jobQuery(from ?? ""), enabled: from !== undefined });
  const chosen = useQuery({ ...templateQuery(template ?? ""), enabled: template !== undefined });
  const projects = useProjectNames("schedules.manage");
  const waits =
    (from !== undefined && job.isPending) ||
    (template !== undefined && chosen.isPending) ||
    projects === undefined;
  const failed = job.isError ? job : chosen.isError ? chosen : null;
  const project = projects?.includes("default") ? "default" : (projects?.[0] ?? "default");
  const draft = freshDraft(ownZone(), project);
  return (
    <Page title={t("form.new")} back={{ to: "/schedules", label: t("title") }}>
      {failed !== null ? (
        <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
      ) : waits ? (
        <Waiting />
      ) : job.data !== undefined ? (
        <Start
          draft={{
            ...draft,
            name: nameFrom(job.data.name),
            project: storedSpec(job.data).project,
            target: "spec",
          }}
          stored={storedSpec(job.data)}
        />
      ) : chosen.data !== undefined ? (
        <Start
          draft={{
            ...draft,
            name: chosen.data.name,
            project: chosen.data.project,
            target: "template",
            template: chosen.data.id,
          }}
          stored={null}
        />
      ) : (
        <Start draft={draft} stored={null} />
      )}
    </Page>
  );
}

function Start({ draft, stored }: { draft: Draft; stored: StoredSpec | null }) {
  const { t } = useTranslation("schedules");
  const navigate = useNavigate();
  const create = useCreateSchedule();
  const send = async (order: ScheduleOrder) => {
    const made = await create.mutateAsync(order);
    await navigate({ to: "/schedules/$scheduleId", params: { scheduleId: made.id } });
    toast.done(t("form.created", { name: made.name }));
  };
  return <ScheduleForm initial={draft} stored={stored} submit={t("form.create")} onSubmit={send} />;
}
