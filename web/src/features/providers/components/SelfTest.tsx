/** Checks a provider now; the answer is shown at once and becomes its health. */
import { PlugZap } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { sentence } from "@/components/placement/Rejections";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { said } from "@/i18n/phrases";
import { useTestProvider } from "../hooks/data";

export function SelfTest({ provider }: { provider: Provider }) {
  const { t } = useTranslation("providers");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("providers.manage");
  const test = useTestProvider(provider.id);
  const run = () =>
    test.mutate(undefined, {
      onSuccess: (health) =>
        health.ok
          ? toast.done(t("test.works"))
          : toast.failed(t("test.fails"), sentence(said(health.reason))),
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return (
    <Button icon={PlugZap} busy={test.isPending} disabledReason={refusal} onClick={run}>
      {t("test.self")}
    </Button>
  );
}
