/** Removes a provider, which needs its name typed and no live worker. */
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { AlertDialog } from "@/components/ui/AlertDialog";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { formatNumber } from "@/lib/format";
import { useDeleteProvider } from "../hooks/data";

export default function Danger({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const navigate = useNavigate();
  const refusal = useRefusal("providers.manage");
  const remove = useDeleteProvider(provider.id, async () => {
    await navigate({ to: "/providers" });
    toast.done(t("danger.done", { name: provider.name }));
  });
  const [asking, setAsking] = useState(false);
  const live = provider.live_workers;
  const busy =
    live > 0
      ? t("danger.live", { count: live, formatted: formatNumber(live, i18n.language) })
      : undefined;
  const reason = refusal ?? busy;
  const confirm = () =>
    remove.mutate(undefined, {
      onError: (error) => toast.failed(title(error), detail(error)),
      onSettled: () => setAsking(false),
    });
  return (
    <Card id="danger" title={t("danger.title")}>
      <p className="max-w-prose text-muted">{t("danger.text")}</p>
      {reason !== undefined && <p className="mt-2 text-timeout">{reason}</p>}
      <Button
        look="danger"
        icon={Trash2}
        disabledReason={reason}
        onClick={() => setAsking(true)}
        className="mt-4"
      >
        {t("danger.action")}
      </Button>
      <AlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("danger.ask", { name: provider.name })}
        effect={t("danger.effect")}
        confirm={t("danger.action")}
        typeToConfirm={provider.name}
        onConfirm={confirm}
        busy={remove.isPending}
      />
    </Card>
  );
}
