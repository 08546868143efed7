/** `/schedules`: what runs by itself, when next, and how it went. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { schedulesQuery } from "@/api/queries/schedules";
import { Button } from "@/components/ui/Button";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { useRefusal } from "@/components/ui/refusal";
import { Stale } from "@/components/ui/Stale";
import { useSchedulesTopic } from "@/live/topics";
import { ScheduleList } from "../components/ScheduleList";

export default function SchedulesPage() {
  const { t } = useTranslation("schedules");
  const { data, error, refetch, fetchNextPage, hasNextPage } = useInfiniteQuery(schedulesQuery());
  useSchedulesTopic();
  const rows = data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t("title")} actions={<NewButton />}>
      {rows === undefined ? (
        error === null ? (
          <Loading>
            <Skeleton className="h-64" />
          </Loading>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : rows.length === 0 ? (
        <EmptyState icon={CalendarClock} title={t("empty.title")}>
          {t("empty.text")}
        </EmptyState>
      ) : (
        <Stale>
          <ScheduleList
            schedules={rows}
            onEndReached={() => {
              if (hasNextPage) void fetchNextPage();
            }}
          />
        </Stale>
      )}
    </Page>
  );
}

function NewButton() {
  const { t } = useTranslation("schedules");
  const navigate = useNavigate();
  return (
    <Button
      look="primary"
      icon={Plus}
      disabledReason={useRefusal("schedules.manage")}
      onClick={() => void navigate({ to: "/schedules/new" })}
    >
      {t("new")}
    </Button>
  );
}
