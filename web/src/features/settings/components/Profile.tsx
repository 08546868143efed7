/** Who one is here: name, roles, password, where one is signed in; and the preferences. */
import { useQuery } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Me, meQuery } from "@/api/queries/system";
import { useAccountName, useRoleWords } from "@/components/account/names";
import { useLeave } from "@/components/account/useLeave";
import { Button } from "@/components/ui/Button";
import { Card, Facts } from "@/components/ui/Card";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Moment } from "@/components/ui/Time";
import { Password } from "./Password";
import { Appearance, TimeAndKeys } from "./Preferences";
import { Sessions } from "./Sessions";

export default function Profile() {
  const { data: me, error, refetch } = useQuery(meQuery());
  return (
    <div className="flex flex-col gap-4">
      {me !== undefined ? (
        <>
          <You me={me} />
          {me.user !== null && me.via === "session" && (
            <>
              <Password />
              <Sessions />
            </>
          )}
        </>
      ) : error === null ? (
        <Loading>
          <Skeleton className="h-40" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
      <Appearance />
      <TimeAndKeys />
    </div>
  );
}

function You({ me }: { me: Me }) {
  const { t } = useTranslation("settings");
  const name = useAccountName()(me);
  const words = useRoleWords()(me.roles);
  return (
    <Card id="you" title={t("profile.you")} actions={me.via === "session" && <SignOut />}>
      <Facts
        facts={[
          [t("profile.name"), name],
          [t("profile.via"), t(`profile.${me.via}`)],
          ...(me.expires_at === null
            ? []
            : [[t("profile.expires"), <Moment key="until" at={me.expires_at} />] as const]),
          [
            t("profile.roles"),
            words.length === 0
              ? t("profile.noRole")
              : words.map((line) => (
                  <span key={line} className="block">
                    {line}
                  </span>
                )),
          ],
          [
            t("profile.permissions"),
            <ul key="permissions" className="flex flex-wrap gap-x-3 gap-y-1">
              {me.permissions.map((permission) => (
                <li key={permission}>
                  <code className="font-mono text-sm text-muted">{permission}</code>
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
    </Card>
  );
}

function SignOut() {
  const { t } = useTranslation();
  const { leave, busy } = useLeave();
  return (
    <Button size="sm" icon={LogOut} busy={busy} onClick={leave}>
      {t("account.signOut")}
    </Button>
  );
}
