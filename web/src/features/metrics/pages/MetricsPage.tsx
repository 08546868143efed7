/** The metrics: what ran in a range of time, how it went, and what it used. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/Card";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { cn } from "@/lib/cn";
import { Figures } from "../components/Figures";
import { ProviderUse } from "../components/ProviderUse";
import { SpanBar } from "../components/SpanBar";
import { States } from "../components/States";
import { Trends } from "../components/Trends";
import { metricsQuery } from "../model/query";
import { spanOf } from "../model/span";

const route = getRouteApi("/shell/metrics");

export default function MetricsPage() {
  const { t } = useTranslation("metrics");
  const search = route.useSearch();
  const span = spanOf(search);
  const { data: metrics, error, refetch, isPlaceholderData } = useQuery(metricsQuery(span));
  return (
    <Page title={t("title")} actions={<SpanBar span={span} search={search} />}>
      {error !== null && metrics === undefined && (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
      {error === null && metrics === undefined && <Waiting />}
      {metrics !== undefined && (
        <div
          aria-busy={isPlaceholderData}
          className={cn("flex flex-col gap-4 lg:gap-6", isPlaceholderData && "opacity-60")}
        >
          {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
          <Figures metrics={metrics} />
          <Card id="states" title={t("chart.states")}>
            <States metrics={metrics} closed={"to" in span} />
          </Card>
          <Trends metrics={metrics} />
          <h2 className="pt-2 text-lg">{t("provider.title")}</h2>
          <ProviderUse metrics={metrics} />
        </div>
      )}
    </Page>
  );
}

const Waiting = () => (
  <Loading className="flex flex-col gap-4 lg:gap-6">
    <Skeleton className="h-32 rounded-card" />
    <Skeleton className="h-72 rounded-card" />
    <Skeleton className="h-64 rounded-card" />
  </Loading>
);
