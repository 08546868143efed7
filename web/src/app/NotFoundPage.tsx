/** What an address that leads nowhere shows. */
import { useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

export function NotFoundPage() {
  const { t } = useTranslation();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <>
      <h1>{t("notFound.title")}</h1>
      <p>{t("notFound.detail", { path })}</p>
    </>
  );
}
