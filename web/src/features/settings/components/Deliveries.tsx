/** One webhook with its delivery log: what was sent, how it fared, and sending it again. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Inbox } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  deliveriesQuery,
  type Webhook,
  webhookQuery,
} from "@/api/queries/webhooks";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Select } from "@/components/ui/Input";
import { ButtonLink } from "@/components/ui/Link";
import { Row, RowList } from "@/components/ui/RowList";
import { Said } from "@/components/ui/Said";
import { RelativeTime } from "@/components/ui/Time";
import { formatDuration } from "@/lib/format";
import { DeliveryBadge } from "./DeliveryBadge";
import { Loaded } from "./Section";
import { WebhookHead } from "./WebhookHead";

const DeliverySheet = lazy(() => import("./DeliverySheet"));
const route = getRouteApi("/shell/settings/$section");
const REREAD_MS = 2000;

export default function Deliveries({ id }: { id: string }) {
  const { t } = useTranslation("settings");
  const [gone, setGone] = useState(false);
  const query = useQuery({ ...webhookQuery(id), refetchInterval: 5000, enabled: !gone });
  const { project } = route.useSearch();
  return (
    <div className="flex flex-col gap-4">
      <ButtonLink
        to="/settings/$section"
        params={{ section: "notifications" }}
        search={project === undefined ? {} : { project }}
        look="quiet"
        size="sm"
        icon={ArrowLeft}
        className="-ml-2 self-start"
      >
        {t("deliveries.back")}
      </ButtonLink>
      <Loaded query={query}>
        {(webhook) => (
          <>
            <WebhookHead webhook={webhook} onDelete={() => setGone(true)} />
            {!gone && <Log webhook={webhook} />}
          </>
        )}
      </Loaded>
    </div>
  );
}

function Log({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { project, state } = route.useSearch();
  const navigate = useNavigate();
  const [open, setOpen] = useState<string | null>(null);
  const query = useInfiniteQuery({
    ...deliveriesQuery(webhook.id, state),
    refetchInterval: REREAD_MS,
  });
  const rows = query.data?.pages.flatMap((page) => page.items);
  const choose = (next: string) =>
    void navigate({
      to: "/settings/$section",
      params: { section: "notifications" },
      search: {
        ...(project !== undefined && { project }),
        webhook: webhook.id,
        ...(next !== "" && { state: next as DeliveryState }),
      },
    });
  return (
    <Card
      id="deliveries"
      title={t("deliveries.title")}
      flush
      actions={
        <Select
          look="quiet"
          aria-label={t("deliveries.show")}
          value={state ?? ""}
          onChange={choose}
          options={[
            { value: "", label: t("deliveries.all") },
            ...DELIVERY_STATES.map((value) => ({
              value,
              label: t(`deliveries.state.${value}`),
            })),
          ]}
          className="w-44"
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
        <EmptyState icon={Inbox} title={t("deliveries.none")}>
          {t("deliveries.noneText")}
        </EmptyState>
      ) : (
        <RowList label={t("deliveries.title")}>
          {rows.map((delivery) => (
            <DeliveryRow
              key={delivery.id}
              delivery={delivery}
              onOpen={() => setOpen(delivery.id)}
            />
          ))}
        </RowList>
      )}
      {query.hasNextPage && (
        <div className="flex justify-center border-t border-hairline p-3">
          <Button size="sm" onClick={() => void query.fetchNextPage()}>
            {common("action.loadMore")}
          </Button>
        </div>
      )}
      <Suspense>
        {open !== null && (
          <DeliverySheet id={open} project={webhook.project} onClose={() => setOpen(null)} />
        )}
      </Suspense>
    </Card>
  );
}

type DeliveryRowProps = { delivery: Delivery; onOpen(): void };

function DeliveryRow({ delivery, onOpen }: DeliveryRowProps) {
  const { t, i18n } = useTranslation("settings");
  const last = delivery.attempts.at(-1);
  const answer =
    last === undefined ? null : last.status === null ? last.error : `HTTP ${last.status}`;
  return (
    <Row
      title={<code className="font-mono text-sm">{delivery.event}</code>}
      badges={<DeliveryBadge state={delivery.state} />}
      facts={[
        <RelativeTime key="at" at={delivery.created_at} />,
        ...(answer === null ? [] : [<Said key="answer" text={answer} />]),
        ...(last === undefined ? [] : [formatDuration(last.ms, i18n.language)]),
        t("deliveries.tries", { count: delivery.tries }),
        ...(delivery.next_attempt_at === null
          ? []
          : [
              <span key="next">
                {t("deliveries.next")} <RelativeTime at={delivery.next_attempt_at} />
              </span>,
            ]),
      ]}
      actions={
        <Button
          size="sm"
          aria-label={t("deliveries.openOf", { event: delivery.event, id: delivery.id })}
          onClick={onOpen}
        >
          {t("deliveries.open")}
        </Button>
      }
    />
  );
}
