/** Makes or changes a webhook; a secret that the server made is shown this one time. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCreateWebhook, useUpdateWebhook, type Webhook } from "@/api/queries/webhooks";
import { Button } from "@/components/ui/Button";
import { Sheet } from "@/components/ui/Dialog";
import { Banner, useErrorDetail } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";
import { useViolations } from "../hooks/violations";
import { draftOf, faultsOf, orderOf } from "../model/webhook";
import { ShownOnce } from "./ShownOnce";
import { WebhookFields } from "./WebhookFields";

type Props = { project: string; webhook: Webhook | undefined; onClose(): void };

export default function WebhookSheet({ project, webhook, onClose }: Props) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const form = useId();
  const create = useCreateWebhook();
  const update = useUpdateWebhook();
  const [draft, setDraft] = useState(() => draftOf(webhook));
  const [rotate, setRotate] = useState(false);
  const [asked, setAsked] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const { error, isPending: busy } = webhook === undefined ? create : update;
  const said = useViolations(error);
  const detail = useErrorDetail();
  const faults = asked ? faultsOf(draft) : [];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (faultsOf(draft).length > 0 || busy) return;
    const order = orderOf(draft, project, webhook);
    const saving =
      webhook === undefined
        ? create.mutateAsync(order)
        : update.mutateAsync({ ...order, key: webhook.id, ...(rotate && { rotate_secret: true }) });
    const saved = await saving.catch(() => null);
    if (saved === null) return; // the error stands in the form
    toast.done(t("webhooks.saved", { name: saved.name }));
    if (saved.secret) setSecret(saved.secret);
    else onClose();
  };
  const fields = ["name", "url", "events", "timeout_ms", "secret"];
  const beside = fields.some((field) => said(field) !== undefined);
  return (
    <Sheet
      open
      onOpenChange={onClose}
      title={secret !== null ? draft.name : (webhook?.name ?? t("webhooks.new"))}
      footer={
        secret !== null ? (
          <Button look="primary" onClick={onClose}>
            {common("action.done")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{common("action.cancel")}</Button>
            <Button type="submit" form={form} look="primary" busy={busy}>
              {common(webhook === undefined ? "action.create" : "action.save")}
            </Button>
          </>
        )
      }
    >
      {secret !== null ? (
        <ShownOnce text={secret} what={t("webhooks.secret")} warning={t("webhooks.secretOnce")}>
          {t("webhooks.secretUse")}{" "}
          <code className="font-mono text-sm text-text">Hodei-Signature</code>
        </ShownOnce>
      ) : (
        <form
          id={form}
          onSubmit={(event) => void submit(event)}
          noValidate
          className="flex flex-col gap-5"
        >
          {error !== null && !beside && <Banner tone="bad">{detail(error)}</Banner>}
          <WebhookFields
            draft={draft}
            set={(change) => setDraft({ ...draft, ...change })}
            faults={faults}
            said={said}
            rotate={webhook === undefined ? null : rotate}
            onRotate={setRotate}
          />
        </form>
      )}
    </Sheet>
  );
}
