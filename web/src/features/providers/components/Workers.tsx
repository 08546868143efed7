/** The live workers of a provider, with their jobs. */
import { useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { type Worker, workersQuery } from "@/api/queries/workers";
import { Badge, type Tone } from "@/components/ui/Badge";
import { Card } from "@/components/ui/Card";
import { EmptyState, ErrorState, Skeleton } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { RelativeTime } from "@/components/ui/Time";
import { formatBytes, formatNumber, shortId } from "@/lib/format";
import { useWorkersTopic } from "@/live/topics";

const SHOWN = 200;
const MIB = 1024 ** 2;
const TONES: Partial<Record<Worker["state"], Tone>> = {
  BUSY: "info",
  READY: "good",
  SILENT: "bad",
};

export default function Workers({ provider }: { provider: Provider }) {
  const { t } = useTranslation("providers");
  const { data, error, refetch } = useQuery(workersQuery({ provider: provider.id, limit: SHOWN }));
  useWorkersTopic();
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Skeleton className="h-60 w-full" />;
  }
  if (data.items.length === 0) {
    return (
      <EmptyState icon={Cpu} title={t("workers.none")}>
        {t("workers.noneText")}
      </EmptyState>
    );
  }
  return (
    <Card flush>
      <ul aria-label={t("tab.workers")} className="divide-y divide-hairline">
        {data.items.map((worker) => (
          <Row key={worker.id} worker={worker} />
        ))}
      </ul>
      {data.items.length === SHOWN && (
        <p className="border-t border-hairline px-4 py-3 text-sm text-muted">
          {t("workers.more", { count: SHOWN })}
        </p>
      )}
    </Card>
  );
}

function Row({ worker }: { worker: Worker }) {
  const { t, i18n } = useTranslation("providers");
  const { t: common } = useTranslation();
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <Link
        to="/workers/$workerId"
        params={{ workerId: worker.id }}
        className="font-mono pointer-coarse:py-3"
      >
        {shortId(worker.id)}
      </Link>
      <Badge tone={TONES[worker.state] ?? "neutral"}>{common(`workerState.${worker.state}`)}</Badge>
      <span className="numeric text-sm text-muted">
        {t("pools.shape", {
          cpu: formatNumber(worker.cpu, i18n.language, 2),
          memory: formatBytes(worker.memory_mb * MIB, i18n.language),
        })}
      </span>
      {worker.image !== null && (
        <code className="min-w-0 truncate font-mono text-sm text-muted">{worker.image}</code>
      )}
      {worker.job_id !== null && (
        <Link
          to="/jobs/$jobId"
          params={{ jobId: worker.job_id }}
          className="min-w-0 truncate pointer-coarse:py-3"
        >
          {worker.job_name ?? shortId(worker.job_id)}
        </Link>
      )}
      {worker.heard_at !== null && (
        <span className="ml-auto text-sm text-muted">
          {t("workers.heard")} <RelativeTime at={worker.heard_at} short />
        </span>
      )}
    </li>
  );
}
