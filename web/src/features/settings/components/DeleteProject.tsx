/** Taking a project away, once nothing is in it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Project, useDeleteProject } from "@/api/queries/projects";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";

/** Jobs that name no project belong to it: it stays. */
const ALWAYS = "default";

export function DeleteProject({ project, onDone }: { project: Project; onDone(): void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteProject();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("projects.manage");
  const { name } = project;
  const reason = name === ALWAYS ? t("projects.stays") : refusal;
  return (
    <div className="mt-6 flex flex-col items-start gap-2 border-t border-hairline pt-5">
      <p className="text-sm text-muted">{t("projects.deleteHint")}</p>
      <Button
        size="sm"
        className="text-failed"
        disabledReason={reason}
        onClick={() => setAsking(true)}
      >
        {t("projects.delete")}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("projects.deleteTitle", { name })}
        effect={t("projects.deleteEffect")}
        confirm={common("action.delete")}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(name, {
            onSuccess: () => {
              toast.done(t("projects.deleted", { name }));
              onDone();
            },
            onError: (error) => {
              setAsking(false);
              toast.failed(title(error), detail(error));
            },
          })
        }
      />
    </div>
  );
}
