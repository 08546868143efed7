/** The trace of a job: its id to copy, and the page that shows it where there is one. */
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/ui/Copy";
import { ExternalLink } from "@/components/ui/Link";
import { shortId } from "@/lib/format";
import type { Job } from "../model/timeline";

export function TraceFact({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const id = job.trace_id;
  if (!id) return null;
  return (
    <span className="inline-flex items-center gap-1">
      {job.trace_url ? (
        <ExternalLink href={job.trace_url} title={id} className="font-mono text-sm">
          {shortId(id)}
          <span className="sr-only"> {t("trace.opens")}</span>
        </ExternalLink>
      ) : (
        <code title={id} className="font-mono text-sm">
          {shortId(id)}
        </code>
      )}
      <Copy text={id} what={t("trace.id")} />
    </span>
  );
}
