/** One webhook: where it goes, what it tells, how its last message fared. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Webhook } from "@/api/queries/webhooks";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Row } from "@/components/ui/RowList";
import { RelativeTime } from "@/components/ui/Time";
import { Switch } from "@/components/ui/Toggle";
import { useSwitch, useTest } from "../hooks/webhook";
import { DeliveryBadge } from "./DeliveryBadge";

export function WebhookRow({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation("settings");
  const { id, name, project, url, events, failing_since: failing, last_delivery: last } = webhook;
  const { set, on, refusal } = useSwitch(webhook);
  const test = useTest(webhook);
  return (
    <Row
      faded={!on}
      title={
        <Link
          to="/settings/$section"
          params={{ section: "notifications" }}
          search={{ project, webhook: id }}
          className="inline-flex items-center rounded-sm hover:underline pointer-coarse:min-h-11"
        >
          {name}
        </Link>
      }
      badges={
        <>
          {!on && <Badge>{t("webhooks.off")}</Badge>}
          {last !== null && <DeliveryBadge state={last.state} />}
          {failing !== null && (
            <Badge tone="bad">
              {t("webhooks.failing")} <RelativeTime at={failing} short />
            </Badge>
          )}
        </>
      }
      facts={[
        <span key="url" className="[overflow-wrap:anywhere]">
          {url}
        </span>,
        t("webhooks.events", { count: events.length }),
        last === null ? (
          t("webhooks.unused")
        ) : (
          <>
            {t("webhooks.last")} <RelativeTime at={last.at} />
          </>
        ),
      ]}
      actions={
        <>
          <Button
            size="sm"
            busy={test.busy}
            disabledReason={test.refusal}
            aria-label={t("webhooks.testOf", { name })}
            onClick={test.start}
          >
            {t("webhooks.test")}
          </Button>
          <Switch
            bare
            label={t("webhooks.onOf", { name })}
            checked={on}
            onChange={set}
            disabledReason={refusal}
          />
        </>
      }
    />
  );
}
