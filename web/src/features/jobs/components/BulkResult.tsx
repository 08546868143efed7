/** What became of each job of a bulk request: the failures first. */
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JobRow, Results } from "@/api/queries/jobs";
import { sentence } from "@/components/placement/Rejections";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Link } from "@/components/ui/Link";
import { Said } from "@/components/ui/Said";
import { formatNumber, shortId } from "@/lib/format";

type BulkResultProps = {
  what: "cancel" | "rerun";
  results: Results["results"];
  rows: readonly JobRow[];
  onClose(): void;
};

export default function BulkResult({ what, results, rows, onClose }: BulkResultProps) {
  const { t, i18n } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const names = new Map(rows.map((row) => [row.id, row.name]));
  const sorted = [...results].sort((a, b) => Number(a.ok) - Number(b.ok));
  const good = results.filter((result) => result.ok).length;
  const bad = results.length - good;
  const say = (key: "bulk.ok" | "bulk.failed", count: number) =>
    t(key, { count, formatted: formatNumber(count, i18n.language) });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(what === "cancel" ? "bulk.resultCancel" : "bulk.resultRerun")}
      description={[good > 0 && say("bulk.ok", good), bad > 0 && say("bulk.failed", bad)]
        .filter(Boolean)
        .join(", ")}
      footer={
        <Button look="primary" onClick={onClose}>
          {common("action.close")}
        </Button>
      }
    >
      <ul>
        {sorted.map((result) => (
          <li key={result.key} className="flex items-start gap-3 border-t border-hairline py-2">
            {result.ok ? (
              <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-succeeded" />
            ) : (
              <CircleX size={16} aria-hidden className="mt-0.5 shrink-0 text-failed" />
            )}
            <span className="min-w-0 flex-1">
              <Link to="/jobs/$jobId" params={{ jobId: result.job_id ?? result.key }}>
                {names.get(result.key) ?? shortId(result.key)}
              </Link>
              <span className="block text-sm text-muted">
                {result.ok ? (
                  t(what === "cancel" ? "bulk.cancelled" : "bulk.submitted")
                ) : (
                  <Said text={result.error} as={sentence} />
                )}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
