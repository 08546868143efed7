/** Asks before a job is cancelled and says what that does to it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCancelJob } from "@/api/queries/jobs";
import { storedSpec } from "@/api/spec";
import { AlertDialog } from "@/components/ui/AlertDialog";
import { Field } from "@/components/ui/Field";
import { useErrorDetail } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import { toast } from "@/components/ui/toast";
import { formatDuration } from "@/lib/format";
import type { Job } from "../model/timeline";

const MOST_REASON = 500;

type Props = { job: Job; open: boolean; onOpenChange: (open: boolean) => void };

export default function CancelDialog({ job, open, onOpenChange }: Props) {
  const { t, i18n } = useTranslation("job-detail");
  const [reason, setReason] = useState("");
  const cancel = useCancelJob();
  const detail = useErrorDetail();
  const name = job.name;
  const grace = formatDuration(storedSpec(job).grace_ms, i18n.language);

  function confirm(): void {
    const words = reason.trim();
    cancel.mutate(
      { id: job.id, ...(words === "" ? {} : { reason: words }) },
      {
        onSuccess: (next) => {
          if (next.state !== "CANCELLED") toast.info(t("cancel.asked", { name }));
        },
        onError: (error) => toast.failed(t("cancel.failed"), detail(error)),
        onSettled: () => onOpenChange(false),
      },
    );
  }

  return (
    <AlertDialog
      open={open}
      onOpenChange={onOpenChange}
      title={t("cancel.title", { name })}
      effect={t(job.state === "PENDING" ? "cancel.pending" : "cancel.running", { grace })}
      confirm={t("cancel.confirm")}
      busy={cancel.isPending}
      onConfirm={confirm}
    >
      <Field label={t("cancel.reason")} hint={t("cancel.reasonHint")} optional>
        <Input
          value={reason}
          maxLength={MOST_REASON}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
    </AlertDialog>
  );
}
