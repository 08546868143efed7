/** The schedules: a table, or cards on phones. */
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "@/api/queries/schedules";
import { IconButton } from "@/components/ui/Button";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { RelativeTime } from "@/components/ui/Time";
import { Switch } from "@/components/ui/Toggle";
import { useWide } from "@/lib/media";
import { usePause, useRunNow } from "../hooks/actions";
import { useWords } from "../hooks/words";
import { Strip } from "./OutcomeMark";

type Of = { schedule: Schedule };

const Name = ({ schedule, className }: Of & { className?: string }) => (
  <Link
    to="/schedules/$scheduleId"
    params={{ scheduleId: schedule.id }}
    className={className ?? "font-medium after:absolute after:inset-0"}
  >
    {schedule.name}
  </Link>
);

function NextRun({ schedule }: Of) {
  const { t } = useTranslation("schedules");
  const { paused } = usePause(schedule);
  if (paused) return <span className="text-subtle">{t("paused")}</span>;
  if (schedule.next_fire_at === null) return <span className="text-subtle">{t("never")}</span>;
  return <RelativeTime at={schedule.next_fire_at} />;
}

function RunNow({ schedule }: Of) {
  const { t } = useTranslation("schedules");
  const { start, busy, refusal } = useRunNow(schedule);
  return (
    <IconButton
      icon={Play}
      size="iconSm"
      label={t("runOf", { name: schedule.name })}
      busy={busy}
      disabledReason={refusal}
      onClick={start}
      className="relative z-1"
    />
  );
}

function OnSwitch({ schedule }: Of) {
  const { t } = useTranslation("schedules");
  const { paused, set, refusal } = usePause(schedule);
  return (
    <span className="relative z-1 inline-flex align-middle">
      <Switch
        bare
        label={t("onOf", { name: schedule.name })}
        checked={!paused}
        onChange={(on) => set(!on)}
        disabledReason={refusal}
      />
    </span>
  );
}

function When({ schedule }: Of) {
  const words = useWords()(schedule.words);
  return (
    <>
      {words} <span className="text-subtle">· {schedule.zone}</span>
    </>
  );
}

type ListProps = { schedules: readonly Schedule[]; onEndReached(): void };

export function ScheduleList({ schedules, onEndReached }: ListProps) {
  const wide = useWide();
  return wide ? (
    <Table schedules={schedules} onEndReached={onEndReached} />
  ) : (
    <Cards schedules={schedules} onEndReached={onEndReached} />
  );
}

function Table({ schedules, onEndReached }: ListProps) {
  const { t } = useTranslation("schedules");
  const words = useWords();
  const columns: Column<Schedule>[] = [
    {
      id: "name",
      title: t("column.name"),
      width: "minmax(140px, 1fr)",
      cell: (schedule) => <Name schedule={schedule} />,
    },
    {
      id: "when",
      title: t("column.when"),
      width: "minmax(220px, 3fr)",
      cell: (schedule) => (
        <span title={`${words(schedule.words)} · ${schedule.zone}`}>
          <When schedule={schedule} />
        </span>
      ),
    },
    {
      id: "next",
      title: t("column.next"),
      width: "168px",
      cell: (schedule) => <NextRun schedule={schedule} />,
    },
    {
      id: "last",
      title: t("column.last"),
      width: "232px",
      spare: 1,
      cell: (schedule) => <Strip schedule={schedule} />,
    },
    {
      id: "on",
      title: t("column.on"),
      width: "64px",
      cell: (schedule) => <OnSwitch schedule={schedule} />,
    },
    {
      id: "run",
      title: t("column.run"),
      width: "88px",
      cell: (schedule) => <RunNow schedule={schedule} />,
    },
  ];
  return (
    <div className="rounded-card border border-hairline bg-surface">
      <DataTable
        label={t("list")}
        columns={columns}
        rows={schedules}
        rowId={(schedule) => schedule.id}
        rowName={(schedule) => schedule.name}
        onEndReached={onEndReached}
      />
    </div>
  );
}

function Cards({ schedules, onEndReached }: ListProps) {
  const { t } = useTranslation("schedules");
  return (
    <CardList
      label={t("list")}
      rows={schedules}
      rowId={(schedule) => schedule.id}
      height={() => 152}
      onEndReached={onEndReached}
      card={(schedule) => (
        <div className="pb-2">
          <div className="relative flex flex-col gap-1 rounded-card border border-hairline bg-surface px-4 py-2">
            <div className="flex items-center gap-2">
              <Name
                schedule={schedule}
                className="flex min-h-11 min-w-0 flex-1 items-center font-medium after:absolute after:inset-0 [overflow-wrap:anywhere]"
              />
              <OnSwitch schedule={schedule} />
              <RunNow schedule={schedule} />
            </div>
            <p className="text-muted">
              <When schedule={schedule} />
            </p>
            <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-3 text-sm text-muted">
              <NextRun schedule={schedule} />
              <Strip schedule={schedule} />
            </div>
          </div>
        </div>
      )}
    />
  );
}
