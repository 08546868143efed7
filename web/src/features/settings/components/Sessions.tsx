/** Where one is signed in, and how to end it from here. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Session, sessionsQuery, useEndSession } from "@/api/queries/access";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import {
  ErrorState,
  Loading,
  Skeleton,
  useErrorDetail,
  useErrorTitle,
} from "@/components/ui/feedback";
import { Row, RowList } from "@/components/ui/RowList";
import { RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";
import { browserOf } from "../model/browser";

export function Sessions() {
  const { t } = useTranslation("settings");
  const { data, error, refetch } = useQuery(sessionsQuery());
  return (
    <Card id="sessions" title={t("sessions.title")} flush>
      {data !== undefined ? (
        <RowList label={t("sessions.title")}>
          {data.items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </RowList>
      ) : error === null ? (
        <Loading className="p-4">
          <Skeleton className="h-12" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Card>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { t } = useTranslation("settings");
  const end = useEndSession();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const name = browserOf(session.agent) ?? t("sessions.unknown");
  return (
    <Row
      title={name}
      badges={session.current && <Badge tone="good">{t("sessions.current")}</Badge>}
      facts={[
        t("sessions.from", { address: session.source }),
        <>
          {t("sessions.since")} <RelativeTime at={session.created_at} />
        </>,
        <>
          {t("sessions.used")} <RelativeTime at={session.last_used_at} />
        </>,
      ]}
      actions={
        !session.current && (
          <Button
            size="sm"
            busy={end.isPending}
            aria-label={t("sessions.endOf", { name })}
            onClick={() =>
              end.mutate(session.id, {
                onSuccess: () => toast.done(t("sessions.ended")),
                onError: (error) => toast.failed(title(error), detail(error)),
              })
            }
          >
            {t("sessions.end")}
          </Button>
        )
      }
    />
  );
}
