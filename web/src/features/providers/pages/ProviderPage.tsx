/** `/providers/:providerId`: one provider in five views, alive. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { type Provider, providerQuery } from "@/api/queries/providers";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { formatNumber } from "@/lib/format";
import { useProvidersTopic } from "@/live/topics";
import { EnableSwitch } from "../components/EnableSwitch";
import { HealthBadge } from "../components/HealthBadge";
import { Overview } from "../components/Overview";
import { Isolation } from "../components/ProviderCard";
import { SelfTest } from "../components/SelfTest";
import { TypeName } from "../components/TypeName";
import { useDeleting } from "../hooks/data";
import { TABS } from "../search";

const Config = lazy(() => import("../components/Config"));
const Workers = lazy(() => import("../components/Workers"));
const HealthHistory = lazy(() => import("../components/HealthHistory"));
const Danger = lazy(() => import("../components/Danger"));

const route = getRouteApi("/shell/providers/$providerId");

export default function ProviderPage() {
  const { t } = useTranslation("providers");
  const { providerId } = route.useParams();
  const known = useQueryClient().getQueryData(providerQuery(providerId).queryKey);
  const deleting = useDeleting(known?.id ?? providerId);
  const { data, error, refetch } = useQuery({ ...providerQuery(providerId), enabled: !deleting });
  if (data !== undefined) return <Loaded key={data.id} provider={data} />;
  return (
    <Page title={t("one.title")} back={{ to: "/providers", label: t("title") }}>
      {error === null ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-6 w-1/2" />
          <Skeleton className="h-10 w-full" />
          <Skeleton className="h-72 w-full" />
        </Loading>
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function Loaded({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const navigate = useNavigate({ from: "/providers/$providerId" });
  const tab = route.useSearch({ select: (search) => search.tab }) ?? "overview";
  useProvidersTopic();
  const panels = {
    overview: <Overview provider={provider} />,
    config: <Config provider={provider} />,
    workers: <Workers provider={provider} />,
    health: <HealthHistory provider={provider} />,
    danger: <Danger provider={provider} />,
  };
  const count = formatNumber(provider.live_workers, i18n.language);
  return (
    <Page
      title={provider.name}
      back={{ to: "/providers", label: t("title") }}
      intro={
        <div className="flex flex-wrap items-center gap-2">
          <span>
            <TypeName type={provider.type} />
          </span>
          <HealthBadge provider={provider} />
          <Isolation provider={provider} />
        </div>
      }
      actions={
        <>
          <EnableSwitch provider={provider} />
          <SelfTest provider={provider} />
        </>
      }
    >
      <Tabs
        label={t("one.tabs")}
        value={tab}
        onChange={(next) =>
          void navigate({ search: { tab: next === "overview" ? undefined : next } })
        }
        tabs={TABS.map((value) => ({
          value,
          label: t(`tab.${value}`),
          ...(value === "workers" ? { count } : {}),
        }))}
      >
        {TABS.map((value) => (
          <TabPanel key={value} value={value}>
            <Suspense fallback={<Skeleton className="h-80 w-full" />}>
              {value === tab && <Stale>{panels[value]}</Stale>}
            </Suspense>
          </TabPanel>
        ))}
      </Tabs>
    </Page>
  );
}
