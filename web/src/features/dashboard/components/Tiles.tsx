/** The four numbers of the dashboard, each a link to the jobs that it counts. */
import { Link } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { JobState } from "@/api/queries/jobs";
import type { Summary } from "@/api/queries/system";
import { StatTile } from "@/components/ui/Card";
import { Skeleton } from "@/components/ui/feedback";
import { StatusIcon } from "@/components/ui/StatusBadge";
import { formatNumber } from "@/lib/format";

type Tile = { name: "total" | "running" | "failed" | "success"; state?: JobState };

const TILES: readonly Tile[] = [
  { name: "total" },
  { name: "running", state: "RUNNING" },
  { name: "failed", state: "FAILED" },
  { name: "success", state: "SUCCEEDED" },
];

const frame =
  "block min-w-0 rounded-card border border-hairline bg-surface transition-colors hover:border-control";

export function Tiles({ jobs }: { jobs: Summary["jobs"] | undefined }) {
  const { t, i18n } = useTranslation("dashboard");
  const value = (state?: JobState): ReactNode => {
    if (jobs === undefined) return <Skeleton className="h-10 w-20" />;
    const count = state === undefined ? jobs.total : (jobs.counts[state] ?? 0);
    return formatNumber(count, i18n.language);
  };
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-4 lg:gap-4">
      {TILES.map(({ name, state }) => (
        <Link
          key={name}
          to="/jobs"
          search={state === undefined ? {} : { status: state }}
          className={frame}
        >
          <StatTile
            label={t(`tile.${name}`)}
            value={value(state)}
            icon={
              state === undefined ? (
                <Layers size={16} aria-hidden className="text-subtle" />
              ) : (
                <StatusIcon state={state} />
              )
            }
          />
        </Link>
      ))}
    </div>
  );
}
