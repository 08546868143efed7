/** What can be done with the selected jobs at once, and what became of each. */

import { useQuery } from "@tanstack/react-query";
import { Ban, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  BULK_LIMIT,
  type JobRow,
  type Results,
  TERMINAL,
  useCancelJobs,
  useRerunJobs,
} from "@/api/queries/jobs";
import { meQuery } from "@/api/queries/system";
import { mayDo } from "@/api/roles";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { formatNumber } from "@/lib/format";

const BulkResult = lazy(() => import("./BulkResult"));

type BulkBarProps = {
  rows: readonly JobRow[];
  selected: ReadonlySet<string>;
  onClear(): void;
};

type Outcome = { what: "cancel" | "rerun"; results: Results["results"] };

export function BulkBar({ rows, selected, onClear }: BulkBarProps) {
  const { t, i18n } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const { cancel, rerun, run } = useBulk(selected, (done) => {
    setAsking(false);
    setOutcome(done);
    onClear();
  });
  const chosen = rows.filter((row) => selected.has(row.id));
  const refusal = useBulkRefusal(chosen);
  const open = chosen.filter((row) => !TERMINAL.has(row.state)).length;
  const count = selected.size;
  const formatted = formatNumber(count, i18n.language);
  const limit =
    count > BULK_LIMIT
      ? t("bulk.limit", { limit: formatNumber(BULK_LIMIT, i18n.language) })
      : undefined;
  const reason = refusal ?? limit;
  return (
    <>
      {count > 0 && (
        <div
          role="toolbar"
          aria-label={t("bulk.label")}
          className="sticky bottom-4 z-20 mx-auto mt-4 flex w-fit animate-appear items-center gap-2 rounded-sheet bg-surface p-2 pl-4 shadow-float"
        >
          <span className="numeric pr-2 font-medium">
            {common("table.selected", { count, formatted })}
          </span>
          <Button
            size="sm"
            icon={RotateCcw}
            busy={rerun.isPending}
            disabledReason={reason}
            onClick={() => run("rerun")}
          >
            {t("bulk.rerun")}
          </Button>
          <Button
            size="sm"
            look="danger"
            icon={Ban}
            disabledReason={reason}
            onClick={() => setAsking(true)}
          >
            {t("bulk.cancel")}
          </Button>
          <Button size="sm" look="quiet" onClick={onClear}>
            {common("action.clear")}
          </Button>
        </div>
      )}
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("bulk.cancelTitle", { count, formatted })}
        effect={t("bulk.cancelEffect", {
          count: open,
          formatted: formatNumber(open, i18n.language),
        })}
        confirm={t("bulk.cancel")}
        busy={cancel.isPending}
        onConfirm={() => run("cancel")}
      />
      <Suspense>
        {outcome !== null && (
          <BulkResult {...outcome} rows={rows} onClose={() => setOutcome(null)} />
        )}
      </Suspense>
    </>
  );
}

/** Why not all of them can be changed: one in a project of others is enough. */
function useBulkRefusal(chosen: readonly JobRow[]): string | undefined {
  const { data: me } = useQuery(meQuery());
  const other = chosen.find(({ project }) => me && !mayDo(me, "jobs.run", project));
  return useRefusal("jobs.run", other?.project);
}

function useBulk(selected: ReadonlySet<string>, onDone: (outcome: Outcome) => void) {
  const cancel = useCancelJobs();
  const rerun = useRerunJobs();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const run = (what: Outcome["what"]) =>
    (what === "cancel" ? cancel : rerun).mutate([...selected], {
      onSuccess: ({ results }) => onDone({ what, results }),
      onError: (error) => toast.failed(title(error), detail(error)),
    });
  return { cancel, rerun, run };
}
