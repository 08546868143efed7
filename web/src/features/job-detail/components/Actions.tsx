/** Cancel Job, SSH Access, Re-run, Duplicate: each one works, or says why not. */

import { useNavigate } from "@tanstack/react-router";
import { Ban, CopyPlus, Layers, RotateCcw, SquareTerminal } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { useReasons, useRerun } from "../hooks/actions";
import { useSave } from "../hooks/save";
import { isCancelling, isFinished, type Job } from "../model/timeline";

const BarMenu = lazy(() => import("./BarMenu"));
const CancelDialog = lazy(() => import("./CancelDialog"));
const SaveDialog = lazy(() => import("./SaveDialog"));

export function Actions({ job, bar = false }: { job: Job; bar?: boolean }) {
  const { t } = useTranslation("job-detail");
  const navigate = useNavigate();
  const reasons = useReasons(job);
  const rerun = useRerun(job);
  const saving = useSave(job);
  const [asking, setAsking] = useState(false);
  const over = isFinished(job);
  const duplicate = () => void navigate({ to: "/jobs/new", search: { from: job.id } });
  const again = () => rerun.mutate({});
  const width = bar ? "min-w-0 flex-1 shrink whitespace-normal" : undefined;

  const ssh = (
    <Button
      icon={SquareTerminal}
      disabledReason={reasons.ssh}
      onClick={() => void navigate({ to: "/jobs/$jobId/terminal", params: { jobId: job.id } })}
      className={width}
    >
      {t("action.ssh")}
    </Button>
  );
  const cancel = (
    <Button
      icon={Ban}
      busy={isCancelling(job)}
      disabledReason={isCancelling(job) ? undefined : reasons.cancel}
      onClick={() => setAsking(true)}
      className={width}
    >
      {t(isCancelling(job) ? "action.cancelling" : "action.cancel")}
    </Button>
  );
  const rerunButton = (
    <Button
      icon={RotateCcw}
      look={over ? "primary" : "secondary"}
      busy={rerun.isPending}
      disabledReason={reasons.rerun}
      onClick={again}
      className={width}
    >
      {t("action.rerun")}
    </Button>
  );
  return (
    <>
      {ssh}
      {(!bar || !over) && cancel}
      {(!bar || over) && rerunButton}
      {!bar && (
        <>
          <Button icon={CopyPlus} onClick={duplicate}>
            {t("action.duplicate")}
          </Button>
          <Button
            icon={Layers}
            busy={saving.busy}
            disabledReason={reasons.save}
            onClick={() => saving.save()}
          >
            {t("template.save")}
          </Button>
        </>
      )}
      <Suspense>
        {bar && (
          <BarMenu
            job={job}
            onRerun={over || reasons.rerun !== undefined ? undefined : again}
            onSave={reasons.save === undefined ? () => saving.save() : undefined}
          />
        )}
        {asking && <CancelDialog job={job} open onOpenChange={setAsking} />}
        {saving.asking && <SaveDialog job={job} saving={saving} />}
      </Suspense>
    </>
  );
}
