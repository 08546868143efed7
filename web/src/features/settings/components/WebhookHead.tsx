/** What a webhook is, and what can be done with it. */
import { useNavigate } from "@tanstack/react-router";
import { Pencil, Send, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDeleteWebhook, type Webhook } from "@/api/queries/webhooks";
import { Button } from "@/components/ui/Button";
import { Card, Facts } from "@/components/ui/Card";
import { Banner, useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { useRefusal } from "@/components/ui/refusal";
import { RelativeTime } from "@/components/ui/Time";
import { Switch } from "@/components/ui/Toggle";
import { toast } from "@/components/ui/toast";
import { formatDuration } from "@/lib/format";
import { useSwitch, useTest } from "../hooks/webhook";

const WebhookSheet = lazy(() => import("./WebhookSheet"));

type Props = { webhook: Webhook; onDelete(): void };

export function WebhookHead({ webhook, onDelete }: Props) {
  const { t, i18n } = useTranslation("settings");
  const [editing, setEditing] = useState(false);
  const refusal = useRefusal("webhooks.manage", webhook.project);
  const test = useTest(webhook);
  const { set, on } = useSwitch(webhook);
  const { name, template, schedule, labels } = webhook.filters;
  const list = new Intl.ListFormat(i18n.language);
  const narrowed = [
    ...(name === null ? [] : [name]),
    ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
    ...(template === null ? [] : [template]),
    ...(schedule === null ? [] : [schedule]),
  ];
  return (
    <Card
      id="webhook"
      title={webhook.name}
      actions={
        <Switch
          bare
          label={t("webhooks.onOf", { name: webhook.name })}
          checked={on}
          onChange={set}
          disabledReason={refusal}
        />
      }
    >
      {webhook.failing_since !== null && (
        <Banner tone="bad" className="mb-4">
          {t("webhooks.failingText")} <RelativeTime at={webhook.failing_since} />
        </Banner>
      )}
      <Facts
        facts={[
          [t("webhooks.url"), webhook.url],
          [
            t("webhooks.eventsLabel"),
            list.format(
              webhook.events.map((event) => t(`webhooks.event.${event.slice(4) as "failed"}`)),
            ),
          ],
          [
            t("webhooks.filters"),
            narrowed.length === 0 ? t("webhooks.every") : narrowed.join(" · "),
          ],
          ...(webhook.headers.length === 0
            ? []
            : [[t("webhooks.headers"), webhook.headers.join(", ")] as const]),
          [t("webhooks.timeout"), formatDuration(webhook.timeout_ms, i18n.language)],
        ]}
      />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button icon={Send} busy={test.busy} disabledReason={test.refusal} onClick={test.start}>
          {t("webhooks.testLong")}
        </Button>
        <Button icon={Pencil} disabledReason={refusal} onClick={() => setEditing(true)}>
          {t("webhooks.edit")}
        </Button>
        <Delete webhook={webhook} refusal={refusal} onDelete={onDelete} />
      </div>
      <Suspense>
        {editing && (
          <WebhookSheet
            project={webhook.project}
            webhook={webhook}
            onClose={() => setEditing(false)}
          />
        )}
      </Suspense>
    </Card>
  );
}

function Delete({ webhook, refusal, onDelete }: Props & { refusal: string | undefined }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteWebhook();
  const navigate = useNavigate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { id, name, project } = webhook;
  const confirm = async () => {
    onDelete();
    try {
      await remove.mutateAsync(id);
      toast.done(t("webhooks.deleted", { name }));
    } catch (error) {
      toast.failed(title(error), detail(error));
    }
    await navigate({
      to: "/settings/$section",
      params: { section: "notifications" },
      search: { project },
    });
  };
  return (
    <>
      <Button icon={Trash2} disabledReason={refusal} onClick={() => setAsking(true)}>
        {common("action.delete")}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("webhooks.deleteTitle", { name })}
        effect={t("webhooks.deleteEffect")}
        confirm={common("action.delete")}
        busy={remove.isPending}
        onConfirm={() => void confirm()}
      />
    </>
  );
}
