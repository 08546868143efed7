/** Stores a secret, or gives one a new value; what is typed goes to the server and nowhere else. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePutSecret } from "@/api/queries/projects";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { Input, Textarea } from "@/components/ui/Input";
import { Checkbox } from "@/components/ui/Toggle";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { useViolations } from "../hooks/violations";

type SecretDialogProps = {
  project: string;
  /** The secret that gets a new value; without one, one is made. */
  name?: string;
  onClose(): void;
};

export default function SecretDialog({ project, name: fixed, onClose }: SecretDialogProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const form = useId();
  const put = usePutSecret();
  const [name, setName] = useState(fixed ?? "");
  const [value, setValue] = useState("");
  const [shown, setShown] = useState(false);
  const [asked, setAsked] = useState(false);
  const said = useViolations(put.error);
  const detail = useErrorDetail();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (name.trim() === "" || value === "" || put.isPending) return;
    put.mutate(
      { project, name: name.trim(), value },
      {
        onSuccess: () => {
          toast.done(t("secrets.saved", { name: name.trim() }));
          onClose();
        },
      },
    );
  };
  const other = said("name") ?? said("key");
  const unsaid = put.error !== null && other === undefined && said("value") === undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={fixed === undefined ? t("secrets.new") : t("secrets.replaceOf", { name: fixed })}
      description={t(fixed === undefined ? "secrets.newText" : "secrets.replaceText", { project })}
      footer={
        <>
          <Button onClick={onClose}>{common("action.cancel")}</Button>
          <Button type="submit" form={form} look="primary" busy={put.isPending}>
            {t("secrets.store")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {unsaid && <Banner tone="bad">{detail(put.error)}</Banner>}
        {fixed === undefined && (
          <Field
            label={t("secrets.name")}
            hint={t("secrets.nameHint")}
            error={asked && name.trim() === "" ? t("needed") : other}
            required
          >
            <Input
              autoCapitalize="off"
              maxLength={100}
              value={name}
              className="font-mono"
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
        )}
        <Field
          label={t("secrets.value")}
          hint={t("secrets.valueHint")}
          error={asked && value === "" ? t("needed") : said("value")}
          required
        >
          <Textarea
            autoComplete="off"
            value={value}
            onChange={(event) => setValue(event.target.value)}
            className={cn("font-mono text-sm", !shown && "[-webkit-text-security:disc]")}
          />
        </Field>
        <Checkbox checked={shown} onChange={setShown}>
          {common("action.showPassword")}
        </Checkbox>
      </form>
    </Dialog>
  );
}
