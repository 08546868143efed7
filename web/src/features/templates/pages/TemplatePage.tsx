/** `/templates/$templateId`: one template: what it is, its runs, its versions, its triggers. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { type Template, templateQuery } from "@/api/queries/templates";
import { Badge } from "@/components/ui/Badge";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { Actions } from "../components/Actions";
import { Overview } from "../components/Overview";
import { TABS } from "../search";

const Runs = lazy(() => import("../components/Runs"));
const Triggers = lazy(() => import("../components/Triggers"));
const Versions = lazy(() => import("../components/Versions"));

const route = getRouteApi("/shell/templates/$templateId");

export default function TemplatePage() {
  const { t } = useTranslation("templates");
  const { templateId } = route.useParams();
  const { data, error, refetch } = useQuery(templateQuery(templateId));
  if (data !== undefined) return <Loaded key={data.id} template={data} />;
  return (
    <Page title={t("one.title")} back={{ to: "/templates", label: t("title") }}>
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

function Loaded({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate({ from: "/templates/$templateId" });
  const tab = route.useSearch({ select: (search) => search.tab }) ?? "overview";
  const panels = {
    overview: <Overview template={template} />,
    runs: <Runs template={template} />,
    versions: <Versions template={template} />,
    triggers: <Triggers template={template} />,
  };
  return (
    <Page
      title={template.name}
      back={{ to: "/templates", label: t("title") }}
      intro={
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Badge tone="info">{t("version", { version: template.version })}</Badge>
          {template.description !== "" && (
            <p className="min-w-0 [overflow-wrap:anywhere]">{template.description}</p>
          )}
          {template.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </div>
      }
      actions={<Actions template={template} />}
    >
      <Tabs
        label={t("one.tabs")}
        value={tab}
        onChange={(next) =>
          void navigate({ search: { tab: next === "overview" ? undefined : next } })
        }
        tabs={TABS.map((value) => ({ value, label: t(`tab.${value}`) }))}
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
