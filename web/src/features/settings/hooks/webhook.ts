/** What can be done with a webhook from wherever it is shown. */
import { useTranslation } from "react-i18next";
import { useTestWebhook, useUpdateWebhook, type Webhook } from "@/api/queries/webhooks";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { unchanged } from "../model/webhook";

/** Sends a message that says that it is a test; `onSent` hears which delivery it is. */
export function useTest({ id, name, project }: Webhook, onSent?: () => void) {
  const { t } = useTranslation("settings");
  const test = useTestWebhook();
  const refusal = useRefusal("webhooks.manage", project);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const start = () =>
    test.mutate(id, {
      onSuccess() {
        toast.done(t("webhooks.tested", { name }));
        onSent?.();
      },
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return { start, busy: test.isPending, refusal };
}

/** Switches it off and on; what is shown follows at once. */
export function useSwitch(webhook: Webhook) {
  const update = useUpdateWebhook();
  const refusal = useRefusal("webhooks.manage", webhook.project);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const set = (enabled: boolean) =>
    update.mutate(unchanged(webhook, { enabled }), {
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  const on = (update.isPending ? update.variables.enabled : undefined) ?? webhook.enabled;
  return { set, on, refusal };
}
