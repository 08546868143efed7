/** The queue: what waits, in which order, why, and until when. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { ListOrdered, Pause, Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Queue, queueQuery, usePauseQueue } from "@/api/queries/queue";
import { sentence } from "@/components/placement/Rejections";
import { Button } from "@/components/ui/Button";
import {
  Banner,
  EmptyState,
  ErrorState,
  Loading,
  Skeleton,
  useErrorDetail,
  useErrorTitle,
} from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Page } from "@/components/ui/Page";
import { useRefusal } from "@/components/ui/refusal";
import { Said } from "@/components/ui/Said";
import { Stale } from "@/components/ui/Stale";
import { toast } from "@/components/ui/toast";
import { formatNumber } from "@/lib/format";
import { useQueueTopic } from "@/live/topics";
import { QueueList } from "../components/QueueList";

export default function QueuePage() {
  const { t } = useTranslation("queue");
  const { data, error, refetch, fetchNextPage, hasNextPage } = useInfiniteQuery(queueQuery());
  useQueueTopic();
  const queue = data?.pages[0];
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={t("title")} actions={queue && <PauseButton paused={queue.settings.paused} />}>
      {queue === undefined ? (
        error === null ? (
          <Loading className="flex flex-col gap-3">
            <Skeleton className="h-16" />
            <Skeleton className="h-64" />
          </Loading>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Stale>
          <div className="flex flex-col gap-4">
            {queue.settings.paused && <Banner tone="warn">{t("paused")}</Banner>}
            <Numbers queue={queue} />
            <Reasons reasons={queue.blocked_reasons} />
            {rows.length === 0 ? (
              <EmptyState icon={ListOrdered} title={t("empty.title")}>
                {t("empty.text")}
              </EmptyState>
            ) : (
              <QueueList
                rows={rows}
                onEndReached={() => {
                  if (hasNextPage) void fetchNextPage();
                }}
              />
            )}
          </div>
        </Stale>
      )}
    </Page>
  );
}

const NUMBERS = ["pending", "delayed", "assigned", "running"] as const;

function Numbers({ queue }: { queue: Queue }) {
  const { t, i18n } = useTranslation("queue");
  return (
    <dl className="grid grid-cols-2 rounded-card border border-hairline bg-surface sm:grid-cols-4">
      {NUMBERS.map((name) => (
        <div key={name} className="px-4 py-3">
          <dt className="text-sm text-muted">{t(`fact.${name}`)}</dt>
          <dd className="numeric text-xl font-semibold">
            {formatNumber(queue[name], i18n.language)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  const { t } = useTranslation("queue");
  if (reasons.length === 0) return null;
  return (
    <section aria-label={t("reasons")}>
      <h2 className="pb-1 text-sm text-muted">{t("reasons")}</h2>
      <ul className="list-disc pl-5">
        {reasons.map((reason) => (
          <li key={reason}>
            <Said text={reason} as={sentence} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function PauseButton({ paused }: { paused: boolean }) {
  const { t } = useTranslation("queue");
  const [asking, setAsking] = useState(false);
  const pause = usePauseQueue();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const refusal = useRefusal("queue.manage");
  const set = (next: boolean) =>
    pause.mutate(next, {
      onSuccess: () => {
        setAsking(false);
        toast.done(t(next ? "pausedDone" : "resumedDone"));
      },
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return (
    <>
      <Button
        look={paused ? "primary" : "secondary"}
        icon={paused ? Play : Pause}
        busy={pause.isPending}
        disabledReason={refusal}
        onClick={() => (paused ? set(false) : setAsking(true))}
      >
        {t(paused ? "resume" : "pause")}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("pauseTitle")}
        effect={t("pauseEffect")}
        confirm={t("pause")}
        danger={false}
        busy={pause.isPending}
        onConfirm={() => set(true)}
      />
    </>
  );
}
