/** The first look at a server: its first administrator, then what is ready and what is not. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/queries/system";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { Administrator } from "../components/Administrator";
import { Bare } from "../components/Bare";
import { Ready } from "../components/Ready";

export default function SetupPage() {
  const { t } = useTranslation("auth");
  const { data: me, error, refetch } = useQuery(meQuery());
  const asked = useRef(false);
  if (me === undefined) {
    return (
      <Bare title={t("setup.title")}>
        {error === null ? (
          <Loading>
            <Skeleton className="h-64" />
          </Loading>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} className="px-0" />
        )}
      </Bare>
    );
  }
  // Once it is asked for it stays until somebody is signed in: the server ends the connections of
  // nobody while the answer that signs in is still on its way.
  asked.current ||= me.setup_needed && !me.dev_mode;
  if (asked.current && me.via !== "session") {
    const open = !me.sign_in.required;
    return (
      <Bare title={t("setup.first")}>
        <p className="pb-6 text-muted">{t(open ? "setup.firstOpen" : "setup.firstClosed")}</p>
        <Administrator code={me.setup_code_needed} />
        {open && (
          <ButtonLink to="/" look="quiet" className="mt-3 self-center">
            {t("setup.later")}
          </ButtonLink>
        )}
      </Bare>
    );
  }
  return (
    <Bare title={t("setup.title")}>
      <Ready me={me} />
      <ButtonLink to="/" look="primary" className="mt-6 w-full">
        {t("setup.start")}
      </ButtonLink>
    </Bare>
  );
}
