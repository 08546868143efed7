/** One API token: what it may do, until when, when it was last used; and its end. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Token, useRevokeToken } from "@/api/queries/access";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Row } from "@/components/ui/RowList";
import { RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";
import { serverNow } from "@/live/clock";

type TokenRowProps = { token: Token; owner: boolean };

export function TokenRow({ token, owner }: TokenRowProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeToken();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { name, role, project, expires_at: expires, last_used_at: used } = token;
  const over = expires !== null && Date.parse(expires) <= serverNow();
  const facts = [
    ...(owner ? [t("tokens.of", { name: token.owner })] : []),
    used === null ? (
      t("tokens.unused")
    ) : (
      <>
        {t("tokens.used")} <RelativeTime at={used} />
      </>
    ),
    expires === null ? (
      t("tokens.forever")
    ) : (
      <>
        {t(over ? "tokens.expired" : "tokens.expires")} <RelativeTime at={expires} />
      </>
    ),
  ];
  return (
    <>
      <Row
        title={name}
        faded={over}
        badges={
          <>
            <Badge>{`${common(`role.${role}`)} · ${project ?? common("project.all")}`}</Badge>
            {over && <Badge tone="warn">{t("tokens.over")}</Badge>}
          </>
        }
        facts={facts}
        actions={
          <Button
            size="sm"
            aria-label={t("tokens.revokeOf", { name })}
            onClick={() => setAsking(true)}
          >
            {t("tokens.revoke")}
          </Button>
        }
      />
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("tokens.revokeTitle", { name })}
        effect={t("tokens.revokeEffect")}
        confirm={t("tokens.revoke")}
        busy={revoke.isPending}
        onConfirm={() =>
          revoke.mutate(token.id, {
            onSuccess: () => {
              setAsking(false);
              toast.done(t("tokens.revoked", { name }));
            },
            onError: (error) => toast.failed(title(error), detail(error)),
          })
        }
      />
    </>
  );
}
