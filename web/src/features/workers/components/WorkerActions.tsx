/** Draining and terminating a worker, each after saying what it does. */
import { Power, Unplug } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDrainWorker, useTerminateWorker, type Worker } from "@/api/queries/workers";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";

type Action = "drain" | "terminate";

const isOver = (worker: Worker) => worker.state === "GONE" || worker.state === "TERMINATING";

/** Two buttons and the dialogs behind them. */
export function WorkerActions({ worker }: { worker: Worker }) {
  const { t } = useTranslation("workers");
  const [asked, setAsked] = useState<Action | null>(null);
  const drain = useDrainWorker();
  const terminate = useTerminateWorker();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("workers.manage");
  const reason = refusal ?? (isOver(worker) ? t("gone") : undefined);
  const run = () => {
    const action = asked === "drain" ? drain : terminate;
    const done = t(asked === "drain" ? "drained" : "terminated");
    action.mutate(worker.id, {
      onSuccess: () => toast.done(done),
      onError: (error) => toast.failed(title(error), detail(error)),
      onSettled: () => setAsked(null),
    });
  };
  return (
    <>
      <Button
        icon={Unplug}
        disabledReason={worker.target === "GONE" ? (reason ?? t("wanted.GONE")) : reason}
        onClick={() => setAsked("drain")}
      >
        {t("drain")}
      </Button>
      <Button
        icon={Power}
        look="danger"
        disabledReason={reason}
        onClick={() => setAsked("terminate")}
      >
        {t("terminate")}
      </Button>
      <LazyAlertDialog
        open={asked !== null}
        onOpenChange={(open) => !open && setAsked(null)}
        title={t(asked === "drain" ? "drainTitle" : "terminateTitle")}
        effect={t(asked === "drain" ? "drainEffect" : "terminateEffect")}
        confirm={t(asked === "drain" ? "drain" : "terminate")}
        danger={asked !== "drain"}
        busy={drain.isPending || terminate.isPending}
        onConfirm={run}
      />
    </>
  );
}
