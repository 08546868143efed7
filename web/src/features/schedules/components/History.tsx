/** Each time that it was due: what came of it, and why when it did not run. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { History as HistoryIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Firing, firingsQuery, OUTCOMES, type Outcome } from "@/api/queries/schedules";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Select } from "@/components/ui/Input";
import { Link } from "@/components/ui/Link";
import { Row, RowList } from "@/components/ui/RowList";
import { RelativeTime } from "@/components/ui/Time";
import { formatDuration, shortId } from "@/lib/format";
import { serverNow } from "@/live/clock";
import { useReasonText } from "../hooks/reason";
import { formatSlot } from "../model/slots";
import { OutcomeBadge } from "./OutcomeMark";

type Props = {
  id: string;
  zone: string;
  outcome: Outcome | undefined;
  onOutcome(outcome: Outcome | undefined): void;
};

export function History({ id, zone, outcome, onOutcome }: Props) {
  const { t } = useTranslation("schedules");
  const { t: common } = useTranslation();
  const query = useInfiniteQuery(firingsQuery(id, outcome));
  const rows = query.data?.pages.flatMap((page) => page.items);
  return (
    <Card
      id="history"
      title={t("history.title")}
      flush
      actions={
        <Select
          look="quiet"
          aria-label={t("history.show")}
          value={outcome ?? ""}
          onChange={(next) => onOutcome(next === "" ? undefined : (next as Outcome))}
          options={[
            { value: "", label: t("history.all") },
            ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) })),
          ]}
          className="w-52 max-sm:w-44"
        />
      }
    >
      {rows === undefined ? (
        query.error === null ? (
          <Loading className="p-4">
            <Skeleton className="h-40" />
          </Loading>
        ) : (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )
      ) : rows.length === 0 ? (
        <Nothing filtered={outcome !== undefined} onClear={() => onOutcome(undefined)} />
      ) : (
        <>
          <RowList label={t("history.list")}>
            {rows.map((firing) => (
              <FiringRow key={firing.slot} firing={firing} zone={zone} />
            ))}
          </RowList>
          {query.hasNextPage && (
            <div className="flex justify-center border-t border-hairline p-3">
              <Button
                size="sm"
                busy={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {common("action.loadMore")}
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear(): void }) {
  const { t } = useTranslation("schedules");
  return filtered ? (
    <EmptyState
      title={t("history.noneOf")}
      action={<Button onClick={onClear}>{t("history.clear")}</Button>}
    />
  ) : (
    <EmptyState icon={HistoryIcon} title={t("history.none")}>
      {t("history.noneText")}
    </EmptyState>
  );
}

/** Less is the time that a loop takes, not a delay. */
const LATE_MS = 2000;

function FiringRow({ firing, zone }: { firing: Firing; zone: string }) {
  const { t, i18n } = useTranslation("schedules");
  const reasonText = useReasonText();
  const { slot, fired_at: firedAt, job_id: job, manual } = firing;
  const late = firedAt === null ? 0 : Date.parse(firedAt) - Date.parse(slot);
  const reason = reasonText(firing.reason);
  return (
    <Row
      title={
        <time dateTime={slot} className="numeric">
          {formatSlot(slot, serverNow(), i18n.language, zone)}
        </time>
      }
      badges={
        <>
          <OutcomeBadge firing={firing} />
          {manual && (
            <Badge>{[t("history.manual"), firing.actor].filter(Boolean).join(" · ")}</Badge>
          )}
        </>
      }
      facts={[
        ...(!firing.until
          ? []
          : [
              t("history.until", {
                when: formatSlot(firing.until, serverNow(), i18n.language, zone),
              }),
            ]),
        <RelativeTime key="at" at={slot} />,
        ...(late > LATE_MS && !manual
          ? [t("history.late", { span: formatDuration(late, i18n.language) })]
          : []),
        ...(reason === null ? [] : [<span key="reason">{reason}</span>]),
      ]}
      actions={
        job !== null && (
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job }}
            className="flex items-center pointer-coarse:min-h-11"
          >
            {t("history.job")} <code className="ml-1 font-mono text-sm">{shortId(job)}</code>
          </Link>
        )
      }
    />
  );
}
