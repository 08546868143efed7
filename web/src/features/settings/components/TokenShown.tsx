/** A token, readable this once. */
import { useTranslation } from "react-i18next";
import { ShownOnce } from "./ShownOnce";

export function TokenShown({ token }: { token: string }) {
  const { t } = useTranslation("settings");
  return (
    <ShownOnce text={token} what={t("tokens.token")} warning={t("tokens.once")}>
      {t("tokens.use")} <code className="font-mono text-sm text-text">hodei login --token</code>
    </ShownOnce>
  );
}
