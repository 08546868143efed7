/** What can be done with a schedule from wherever it is shown. */
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Schedule, usePauseSchedule, useRunSchedule } from "@/api/queries/schedules";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { useReasonText } from "./reason";

/** Runs it now, whatever its rule says; the toast leads to the job. */
export function useRunNow({ id, name, project }: Schedule) {
  const { t } = useTranslation("schedules");
  const run = useRunSchedule();
  const navigate = useNavigate();
  const refusal = useRefusal("jobs.run", project);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const reason = useReasonText();
  const start = () =>
    run.mutate(id, {
      onSuccess(firing) {
        const job = firing.job_id;
        if (job === null) return toast.failed(t("ranNot", { name }), reason(firing.reason) ?? "");
        toast.done(t("ran", { name }), {
          label: t("openJob"),
          onClick: () => void navigate({ to: "/jobs/$jobId", params: { jobId: job } }),
        });
      },
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return { start, busy: run.isPending, refusal };
}

/** Switches it off and on; what is shown follows at once. */
export function usePause({ id, name, project, paused }: Schedule) {
  const { t } = useTranslation("schedules");
  const pause = usePauseSchedule();
  const refusal = useRefusal("schedules.manage", project);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const set = (next: boolean) =>
    pause.mutate(
      { key: id, paused: next },
      {
        onSuccess: () => toast.done(t(next ? "pausedDone" : "resumedDone", { name })),
        onError: (error) => toast.failed(title(error), detail(error)),
      },
    );
  const shown = pause.isPending ? pause.variables.paused : paused;
  return { set, paused: shown, busy: pause.isPending, refusal };
}
