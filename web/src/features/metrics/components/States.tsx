/** Jobs submitted in the range by what they are now: bars that lead to the jobs they count. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { JobState } from "@/api/queries/jobs";
import { StatusIcon } from "@/components/ui/StatusBadge";
import { formatNumber, formatPercent } from "@/lib/format";
import type { Metrics } from "../model/figures";

const ORDER = [
  ["PENDING", "bg-pending"],
  ["ASSIGNED", "bg-assigned"],
  ["RUNNING", "bg-running"],
  ["SUCCEEDED", "bg-succeeded"],
  ["FAILED", "bg-failed"],
  ["TIMEOUT", "bg-timeout"],
  ["CANCELLED", "bg-cancelled"],
] as const satisfies readonly (readonly [JobState, string])[];

export function States({ metrics, closed }: { metrics: Metrics; closed: boolean }) {
  const { t, i18n } = useTranslation();
  const total = metrics.total.submitted;
  const range = closed ? { from: metrics.start, to: metrics.end } : { from: metrics.start };
  return (
    <ul className="flex flex-col">
      {ORDER.map(([state, bar]) => {
        const count = metrics.states[state] ?? 0;
        const share = total === 0 ? 0 : count / total;
        return (
          <li key={state}>
            <Link
              to="/jobs"
              search={{ status: state, ...range }}
              className="-mx-2 grid min-h-9 grid-cols-[8.5rem_minmax(0,1fr)_5.5rem] items-center gap-3 rounded-control px-2 hover:bg-raised pointer-coarse:min-h-11"
            >
              <span className="flex items-center gap-2 text-sm">
                <StatusIcon state={state} />
                {t(`state.${state}`)}
              </span>
              <span aria-hidden className="h-1.5 overflow-hidden rounded-full bg-raised">
                <span
                  className={`block h-full rounded-full ${bar}`}
                  style={{ width: `${share * 100}%` }}
                />
              </span>
              <span className="numeric text-right text-sm">
                <span className="font-medium">{formatNumber(count, i18n.language)}</span>
                <span className="ml-2 inline-block w-10 text-subtle">
                  {formatPercent(share, i18n.language)}
                </span>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
