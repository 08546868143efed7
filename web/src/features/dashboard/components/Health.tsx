/** How the system is: load of the last day, nodes, workers, queue. */
import { useTranslation } from "react-i18next";
import type { Summary } from "@/api/queries/system";
import { Badge } from "@/components/ui/Badge";
import { Card } from "@/components/ui/Card";
import { Banner, Loading, Skeleton } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { RelativeTime } from "@/components/ui/Time";
import { formatNumber } from "@/lib/format";
import { Load } from "./Load";

export function Health({ summary }: { summary: Summary | undefined }) {
  const { t, i18n } = useTranslation("dashboard");
  return (
    <Card id="health" title={t("health.title")}>
      {summary === undefined ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-24" />
          <Skeleton className="h-16" />
        </Loading>
      ) : (
        <div className="flex flex-col gap-5">
          {summary.providers.down.length > 0 && (
            <Banner tone="bad">
              {t("health.down", {
                count: summary.providers.down.length,
                names: new Intl.ListFormat(i18n.language).format(summary.providers.down),
              })}
            </Banner>
          )}
          <Load host={summary.host} />
          <Nodes nodes={summary.nodes} />
          <dl className="grid grid-cols-2 gap-4 border-t border-hairline pt-4">
            <Queue queue={summary.queue} />
            <Workers workers={summary.workers} />
          </dl>
        </div>
      )}
    </Card>
  );
}

const NODE_STATES = ["online", "draining", "offline", "disabled"] as const;
const NODE_COLOURS = {
  online: "bg-succeeded rounded-full",
  draining: "bg-timeout rounded-full",
  offline: "bg-failed",
  disabled: "border-2 border-control rounded-full",
} as const;

function Nodes({ nodes }: { nodes: Summary["nodes"] }) {
  const { t, i18n } = useTranslation("dashboard");
  return (
    <div className="border-t border-hairline pt-4">
      <h3 className="pb-2 text-sm font-normal text-muted">{t("health.nodes")}</h3>
      <ul className="flex flex-wrap gap-x-5 gap-y-2">
        {NODE_STATES.filter((state) => nodes[state] > 0 || state === "online").map((state) => (
          <li key={state} className="flex items-center gap-2">
            <span aria-hidden className={`size-2 ${NODE_COLOURS[state]}`} />
            <span className="numeric font-medium">{formatNumber(nodes[state], i18n.language)}</span>
            <span className="text-muted">{t(`health.${state}`)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const Figure = ({ value }: { value: number }) => {
  const { i18n } = useTranslation();
  return (
    <span className="numeric text-xl font-semibold">{formatNumber(value, i18n.language)}</span>
  );
};

function Queue({ queue }: { queue: Summary["queue"] }) {
  const { t, i18n } = useTranslation("dashboard");
  const { pending, delayed, oldest_queued_at: oldest, paused } = queue;
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">
        <Link to="/queue" className="text-muted">
          {t("health.queue")}
        </Link>
      </dt>
      <dd className="flex flex-wrap items-center gap-2">
        <Figure value={pending} />
        {paused && <Badge tone="warn">{t("health.paused")}</Badge>}
      </dd>
      {oldest !== null && (
        <dd className="text-sm text-muted">
          {t("health.oldest")} <RelativeTime at={oldest} short />
        </dd>
      )}
      {delayed > 0 && (
        <dd className="text-sm text-muted">
          {t("health.delayed", { count: delayed, formatted: formatNumber(delayed, i18n.language) })}
        </dd>
      )}
    </div>
  );
}

function Workers({ workers }: { workers: Summary["workers"] }) {
  const { t, i18n } = useTranslation("dashboard");
  const busy = workers.counts.BUSY ?? 0;
  return (
    <div className="min-w-0">
      <dt className="text-sm">
        <Link to="/workers" className="text-muted">
          {t("health.workers")}
        </Link>
      </dt>
      <dd>
        <Figure value={workers.live} />
      </dd>
      <dd className="text-sm text-muted">
        {t("health.busy", { count: busy, formatted: formatNumber(busy, i18n.language) })}
      </dd>
    </div>
  );
}
