/** What a person can do with the job, and why not. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { useErrorDetail } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import type { Remedy } from "../model/failure";
import { isCancelling, isFinished, type Job } from "../model/timeline";

export type Reasons = {
  cancel: string | undefined;
  ssh: string | undefined;
  rerun: string | undefined;
  save: string | undefined;
};

/** Why each action cannot be used now; undefined: it can. */
export function useReasons(job: Job): Reasons {
  const { t } = useTranslation("job-detail");
  const noRun = useRefusal("jobs.run", job.project);
  const noSave = useRefusal("templates.manage", job.project);
  const noEntry = useRefusal("terminal.open", job.project);
  const over = isFinished(job) ? t("reason.over") : undefined;
  const cancelling = isCancelling(job) ? t("reason.cancelling") : undefined;
  const started = job.phase === "RUNNING" ? undefined : t("reason.notStarted");
  return {
    cancel: noRun ?? over ?? cancelling,
    ssh: noEntry ?? over ?? cancelling ?? started,
    rerun: noRun,
    save: noSave,
  };
}

/** Schedules the job again, as it is or with changes, and goes to the new one. */
export function useRerun(job: Job) {
  const { t } = useTranslation("job-detail");
  const navigate = useNavigate();
  const client = useQueryClient();
  const detail = useErrorDetail();
  return useMutation({
    mutationFn: (changes: Remedy) =>
      unwrap(
        api.POST("/jobs/{key}:rerun", { params: { path: { key: job.id } }, body: { ...changes } }),
      ),
    onSuccess: async (next) => {
      void client.invalidateQueries({ queryKey: keys.jobs.lists() });
      const params = { jobId: next.id };
      await navigate({ to: "/jobs/$jobId", params });
      toast.done(t("rerun.done", { name: next.name }), {
        label: t("rerun.logs"),
        onClick: () => void navigate({ to: "/jobs/$jobId/logs", params }),
      });
    },
    onError: (error) => toast.failed(t("rerun.failed"), detail(error)),
  });
}
