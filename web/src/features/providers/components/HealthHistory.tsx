/** How a provider's health changed, newest first. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { sentence } from "@/components/placement/Rejections";
import { Badge } from "@/components/ui/Badge";
import { Card } from "@/components/ui/Card";
import { EmptyState, ErrorState, Skeleton } from "@/components/ui/feedback";
import { Said } from "@/components/ui/Said";
import { Moment } from "@/components/ui/Time";
import { healthQuery } from "../hooks/data";
import { HealthBadge } from "./HealthBadge";
import { Details } from "./TestResult";

export default function HealthHistory({ provider }: { provider: Provider }) {
  const { t } = useTranslation("providers");
  const { data, error, refetch } = useQuery(healthQuery(provider.id));
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Skeleton className="h-60 w-full" />;
  }
  if (data.history.length === 0) {
    return <EmptyState title={t("history.none")}>{t("history.noneText")}</EmptyState>;
  }
  return (
    <Card id="history" title={t("history.title")} flush>
      <ol className="divide-y divide-hairline border-t border-hairline">
        {data.history.map((health, index) => (
          <li key={`${health.checked_at} ${health.ok}`} className="flex flex-col gap-1 px-4 py-3">
            <p className="flex flex-wrap items-center gap-3">
              <HealthBadge provider={{ enabled: true, health }} />
              {health.checked_at !== null && (
                <Moment at={health.checked_at} className="numeric text-sm text-muted" />
              )}
              {index === 0 && <Badge>{t("history.now")}</Badge>}
            </p>
            {health.reason !== "" && (
              <p className="[overflow-wrap:anywhere]">
                <Said text={health.reason} as={sentence} />
              </p>
            )}
            <Details details={health.details} />
          </li>
        ))}
      </ol>
    </Card>
  );
}
