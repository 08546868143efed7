/** A token, readable this once. */
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/ui/Copy";
import { Banner } from "@/components/ui/feedback";

export function TokenShown({ token }: { token: string }) {
  const { t } = useTranslation("settings");
  return (
    <div className="flex flex-col gap-4">
      <Banner tone="warn">{t("tokens.once")}</Banner>
      <div className="flex items-center gap-2 rounded-control border border-control bg-raised py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 font-mono text-sm break-all select-all">{token}</code>
        <Copy text={token} what={t("tokens.token")} />
      </div>
      <p className="text-muted">
        {t("tokens.use")} <code className="font-mono text-sm text-text">hodei login --token</code>
      </p>
    </div>
  );
}
