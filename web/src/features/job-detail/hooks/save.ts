/** Saves the job as a template: at once under its own name, or under one that is asked for. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { useSaveAsTemplate } from "@/api/queries/templates";
import { useErrorDetail } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";
import { templateName } from "../model/template-name";
import type { Job } from "../model/timeline";

export function useSave(job: Job) {
  const { t } = useTranslation("job-detail");
  const navigate = useNavigate();
  const detail = useErrorDetail();
  const { mutate, isPending, error } = useSaveAsTemplate();
  const [asking, setAsking] = useState(false);
  const save = (name = templateName(job.name)) =>
    mutate(
      { jobId: job.id, name },
      {
        onSuccess: (template) => {
          setAsking(false);
          const params = { templateId: template.id };
          toast.done(t("template.saved", { name: template.name }), {
            label: t("template.open"),
            onClick: () => void navigate({ to: "/templates/$templateId", params }),
          });
        },
        onError: (failed) => {
          // The name is taken, or cannot be one: another one is asked for.
          if (isApiError(failed, "conflict", "invalid_request")) setAsking(true);
          else toast.failed(t("template.failed"), detail(failed));
        },
      },
    );
  return { save, busy: isPending, error, asking, close: () => setAsking(false) };
}
