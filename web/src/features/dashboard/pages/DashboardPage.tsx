/** The dashboard: how many jobs, how the system is, what ran last. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { recentJobsQuery } from "@/api/queries/jobs";
import { summaryQuery } from "@/api/queries/system";
import { queryClient } from "@/api/queryClient";
import { ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { useJobsTopic, useSummaryTopic } from "@/live/topics";
import { FirstSteps } from "../components/FirstSteps";
import { Health } from "../components/Health";
import { Recent } from "../components/Recent";
import { Tiles } from "../components/Tiles";

export const first = () =>
  Promise.all([
    queryClient.ensureQueryData(summaryQuery()),
    queryClient.ensureQueryData(recentJobsQuery()),
  ]);

export default function DashboardPage() {
  const { t } = useTranslation("dashboard");
  const { data: summary, error, refetch } = useQuery(summaryQuery());
  useSummaryTopic();
  useJobsTopic();
  return (
    <Page title={t("title")}>
      {error !== null && summary === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Stale>
          <div className="flex flex-col gap-4 lg:gap-6">
            {summary?.jobs.total === 0 && <FirstSteps />}
            <Tiles jobs={summary?.jobs} />
            <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] lg:gap-6">
              <Recent />
              <Health summary={summary} />
            </div>
          </div>
        </Stale>
      )}
    </Page>
  );
}
