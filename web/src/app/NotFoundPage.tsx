/** What an address that leads nowhere shows. */
import { useLocation } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { Page } from "@/components/ui/Page";

export function NotFoundPage() {
  const { t } = useTranslation();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <Page title={t("notFound.title")}>
      <EmptyState
        icon={Compass}
        title={path}
        action={
          <ButtonLink to="/" look="primary">
            {t("notFound.home")}
          </ButtonLink>
        }
      >
        {t("notFound.detail", { path })}
      </EmptyState>
    </Page>
  );
}
