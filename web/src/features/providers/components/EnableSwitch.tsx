/** Lets a provider take jobs or not; before it is switched off, says what becomes of them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Provider, useSwitchProvider } from "@/api/queries/providers";
import { AlertDialog } from "@/components/ui/AlertDialog";
import { Skeleton, useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { Switch } from "@/components/ui/Toggle";
import { toast } from "@/components/ui/toast";
import { formatNumber } from "@/lib/format";
import { effectQuery } from "../hooks/data";

type Props = { provider: Provider; bare?: boolean };

export function EnableSwitch({ provider, bare = false }: Props) {
  const { t } = useTranslation("providers");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("providers.manage");
  const [asking, setAsking] = useState(false);
  const change = useSwitchProvider();
  const set = (enabled: boolean) =>
    change.mutate(
      { key: provider.id, enabled },
      {
        onSuccess: () =>
          toast.done(t(enabled ? "enable.done" : "disable.done", { name: provider.name })),
        onError: (error) => toast.failed(title(error), detail(error)),
        onSettled: () => setAsking(false),
      },
    );
  const shown = change.isPending ? change.variables.enabled : provider.enabled;
  return (
    <>
      <Switch
        checked={shown}
        onChange={(on) => (on ? set(true) : setAsking(true))}
        label={bare ? t("enable.of", { name: provider.name }) : t("enable.label")}
        bare={bare}
        disabledReason={refusal}
      />
      <AlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("disable.title", { name: provider.name })}
        effect={<Effect id={provider.id} />}
        confirm={t("disable.confirm")}
        onConfirm={() => set(false)}
        busy={change.isPending}
      />
    </>
  );
}

function Effect({ id }: { id: string }) {
  const { t, i18n } = useTranslation("providers");
  const { data, error } = useQuery(effectQuery(id));
  const detail = useErrorDetail();
  if (error !== null) return <p>{t("disable.unknown", { reason: detail(error) })}</p>;
  if (data === undefined) return <Skeleton className="h-16 w-full" />;
  const count = (n: number) => ({ count: n, formatted: formatNumber(n, i18n.language) });
  const goingOn = data.running + data.assigned;
  return (
    <ul className="flex list-disc flex-col gap-1 pl-5">
      <li>{t("disable.none")}</li>
      <li>{goingOn === 0 ? t("disable.idle") : t("disable.running", count(goingOn))}</li>
      {data.waiting > 0 ? (
        <li className="font-medium text-failed">
          {t(data.at_least ? "disable.waitingAtLeast" : "disable.waiting", count(data.waiting))}
        </li>
      ) : (
        <li>{t(data.at_least ? "disable.waitingNoneSeen" : "disable.waitingNone")}</li>
      )}
    </ul>
  );
}
