/** The configuration of a provider, to be changed; notices when somebody else did. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Provider, providerTypesQuery } from "@/api/queries/providers";
import { Button } from "@/components/ui/Button";
import { Banner, ErrorState, Skeleton } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";
import { useUpdateProvider } from "../hooks/data";
import { type Body, formOf } from "../model/config";
import { ConfigForm } from "./ConfigForm";

export default function Config({ provider }: { provider: Provider }) {
  const { t } = useTranslation("providers");
  const types = useQuery(providerTypesQuery());
  const update = useUpdateProvider(provider.id);
  const [base, setBase] = useState(provider);
  const [dirty, setDirty] = useState(false);
  // What nobody has touched follows the server; what somebody has is theirs to give up.
  if (!dirty && base.version !== provider.version) setBase(provider);
  const type = types.data?.items.find((one) => one.type === base.type);
  if (types.error !== null && types.data === undefined) {
    return <ErrorState error={types.error} onRetry={() => void types.refetch()} />;
  }
  if (types.data === undefined) return <Skeleton className="h-80 w-full" />;
  if (type === undefined) {
    return <Banner tone="warn">{t("config.noType", { type: base.type })}</Banner>;
  }
  const adopt = (next: Provider) => {
    setBase(next);
    setDirty(false);
  };
  const submit = async (body: Body) => {
    adopt(await update.mutateAsync({ body, version: base.version }));
    toast.done(t("config.saved"));
  };
  return (
    <div className="max-w-3xl">
      <ConfigForm
        key={base.version}
        form={formOf(type.type, type.settings_schema)}
        type={type.type}
        initial={base}
        submit={t("config.submit")}
        onSubmit={submit}
        busy={update.isPending}
        onDirty={() => setDirty(true)}
        before={
          dirty &&
          provider.version > base.version && (
            <Banner
              tone="warn"
              action={
                <Button size="sm" onClick={() => adopt(provider)}>
                  {t("config.load")}
                </Button>
              }
            >
              {t("config.changed")}
            </Banner>
          )
        }
      />
    </div>
  );
}
