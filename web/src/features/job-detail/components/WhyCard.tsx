/** Why a job waits: the same decision that the dispatcher takes, in words. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { keys } from "@/api/keys";
import { explainQuery } from "@/api/queries/jobs";
import { summaryQuery } from "@/api/queries/system";
import { Rejections, sentence } from "@/components/placement/Rejections";
import { Loading, Skeleton } from "@/components/ui/feedback";
import { said } from "@/i18n/phrases";
import { formatClock, formatDuration, formatNumber } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { serverNow } from "@/live/clock";
import { useTopic } from "@/live/useTopic";
import type { Job } from "../model/timeline";

const EVERY_MS = 1500;

export function WhyCard({ job }: { job: Job }) {
  const { t, i18n } = useTranslation("job-detail");
  const client = useQueryClient();
  const { data, isError } = useQuery({ ...explainQuery(job.id), refetchInterval: EVERY_MS });
  // A provider that was switched on or came back is the usual end of a wait.
  const again = () => void client.invalidateQueries({ queryKey: keys.jobs.explain(job.id) });
  useTopic("providers", { onData: again, onResync: again });
  const reason = useReason(job, data);
  const forecast = data?.predicted_wait_ms ?? null;
  return (
    <section className="tint-pending min-w-0 rounded-card p-4">
      <h2 className="flex items-center gap-2 font-semibold">
        <Hourglass size={16} aria-hidden className="text-pending" />
        {t("why.title")}
      </h2>
      {data === undefined && !isError && (
        <Loading className="mt-2">
          <Skeleton className="h-5 w-2/3" />
        </Loading>
      )}
      {isError && data === undefined && <p className="mt-1 text-muted">{t("why.failed")}</p>}
      {data !== undefined && (
        <div className="mt-1 flex flex-col gap-2">
          <p aria-live="polite">{reason}</p>
          {forecast !== null && (
            <p className="text-muted">
              {t("why.forecast", { length: formatDuration(forecast, i18n.language) })}
            </p>
          )}
          {data.rejections.length > 1 && (
            <Rejections title={t("why.providers")} items={data.rejections} />
          )}
        </div>
      )}
    </section>
  );
}

type Explanation = { reason: string; position: number | null; rejections: Rejection[] };
type Rejection = Parameters<typeof Rejections>[0]["items"][number];

function useReason(job: Job, data: Explanation | undefined): string {
  const { t, i18n } = useTranslation("job-detail");
  const { zone } = usePreferences();
  const { data: summary } = useQuery(summaryQuery());
  if (data === undefined) return "";
  if (Date.parse(job.not_before) > serverNow()) {
    return t("why.backoff", {
      number: job.attempt_count + 1,
      time: formatClock(Date.parse(job.not_before), i18n.language, zone),
    });
  }
  if (data.rejections.length > 0) {
    return sentence(said(data.reason));
  }
  if (summary?.queue.paused) return t("why.paused");
  const ahead = (data.position ?? 1) - 1;
  if (ahead < 1) return t("why.next");
  return t("why.behind", { count: ahead, formatted: formatNumber(ahead, i18n.language) });
}
