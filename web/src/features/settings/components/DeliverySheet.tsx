/** One delivery: each attempt with its answer, what was sent, and sending it again. */
import { useQuery } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Attempt, type Delivery, deliveryQuery, useRedeliver } from "@/api/queries/webhooks";
import { Button } from "@/components/ui/Button";
import { Facts } from "@/components/ui/Card";
import { Copy, Id } from "@/components/ui/Copy";
import { Sheet } from "@/components/ui/Dialog";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { useRefusal } from "@/components/ui/refusal";
import { Said } from "@/components/ui/Said";
import { Moment, RelativeTime } from "@/components/ui/Time";
import { toast } from "@/components/ui/toast";
import { formatDuration, shortId } from "@/lib/format";
import { DeliveryBadge } from "./DeliveryBadge";
import { Loaded } from "./Section";

type Props = { id: string; project: string; onClose(): void };

export default function DeliverySheet({ id, project, onClose }: Props) {
  const { t } = useTranslation("settings");
  const query = useQuery({ ...deliveryQuery(id), refetchInterval: 2000 });
  const again = useRedeliver();
  const refusal = useRefusal("webhooks.manage", project);
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const send = () =>
    again.mutate(id, {
      onSuccess: () => toast.done(t("deliveries.sent")),
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return (
    <Sheet
      open
      onOpenChange={onClose}
      title={query.data?.event ?? t("deliveries.one")}
      footer={
        <Button
          look="primary"
          icon={Send}
          busy={again.isPending}
          disabledReason={refusal}
          onClick={send}
        >
          {t("deliveries.again")}
        </Button>
      }
    >
      <Loaded query={query}>{(delivery) => <Content delivery={delivery} />}</Loaded>
    </Sheet>
  );
}

function Content({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("settings");
  const { job_id: job, next_attempt_at: next, payload } = delivery;
  return (
    <div className="flex flex-col gap-5">
      <Facts
        facts={[
          [t("deliveries.stateLabel"), <DeliveryBadge key="state" state={delivery.state} />],
          [t("deliveries.id"), <Id key="id" id={delivery.id} what={t("deliveries.id")} />],
          [t("deliveries.created"), <Moment key="at" at={delivery.created_at} />],
          ...(next === null
            ? []
            : [[t("deliveries.next"), <RelativeTime key="next" at={next} />] as const]),
          ...(job === null
            ? []
            : [
                [
                  t("deliveries.job"),
                  <Link key="job" to="/jobs/$jobId" params={{ jobId: job }}>
                    <code className="font-mono text-sm">{shortId(job)}</code>
                  </Link>,
                ] as const,
              ]),
        ]}
      />
      <section aria-labelledby="attempts">
        <h3 id="attempts" className="pb-2 font-medium">
          {t("deliveries.attempts")}
        </h3>
        {delivery.attempts.length === 0 ? (
          <p className="text-muted">{t("deliveries.notYet")}</p>
        ) : (
          <ol className="flex flex-col divide-y divide-hairline border-y border-hairline">
            {delivery.attempts.map((attempt) => (
              <AttemptRow key={attempt.at} attempt={attempt} />
            ))}
          </ol>
        )}
      </section>
      {payload !== null && (
        <section aria-labelledby="payload">
          <div className="flex items-center justify-between pb-1">
            <h3 id="payload" className="font-medium">
              {t("deliveries.payload")}
            </h3>
            <Copy text={payload} what={t("deliveries.payload")} />
          </div>
          <Code text={pretty(payload)} />
        </section>
      )}
    </div>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  const { t, i18n } = useTranslation("settings");
  const { status, error, response } = attempt;
  return (
    <li className="py-2">
      <p className="flex flex-wrap justify-between gap-x-3">
        <span className="font-medium">
          {status === null ? <Said text={error} /> : `HTTP ${status}`}
        </span>
        <span className="numeric text-sm text-muted">
          <Moment at={attempt.at} /> · {formatDuration(attempt.ms, i18n.language)}
        </span>
      </p>
      {status !== null && error !== "" && (
        <p className="text-sm text-muted">
          <Said text={error} />
        </p>
      )}
      {response !== "" && (
        <details className="text-sm">
          <summary className="cursor-pointer py-0.5 text-muted pointer-coarse:py-3">
            {t("deliveries.response")}
          </summary>
          <Code text={response} />
        </details>
      )}
    </li>
  );
}

const Code = ({ text }: { text: string }) => (
  <pre className="max-h-80 overflow-auto rounded-control bg-raised p-3 font-mono text-xs [overflow-wrap:anywhere] whitespace-pre-wrap">
    {text}
  </pre>
);

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
