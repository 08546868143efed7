/** Asks under which name the job is saved as a template. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { useErrorDetail } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import type { useSave } from "../hooks/save";
import { templateName } from "../model/template-name";
import type { Job } from "../model/timeline";

type Props = { job: Job; saving: ReturnType<typeof useSave> };

export default function SaveDialog({ job, saving }: Props) {
  const { t } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const form = useId();
  const detail = useErrorDetail();
  const { save, busy, error, close } = saving;
  const [name, setName] = useState(() => templateName(job.name));
  const refused = isApiError(error)
    ? (error.violations.find(({ field }) => field === "name")?.message ?? detail(error))
    : undefined;
  const taken = isApiError(error, "conflict") ? t("template.taken") : refused;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== "" && !busy) save(name.trim());
  }

  return (
    <Dialog
      open
      onOpenChange={close}
      title={t("template.save")}
      footer={
        <>
          <Button onClick={close}>{common("action.cancel")}</Button>
          <Button type="submit" form={form} look="primary" busy={busy}>
            {t("template.do")}
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={submit}>
        <Field label={t("template.name")} error={busy ? undefined : taken} required>
          <Input
            autoFocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
