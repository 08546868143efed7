/** The line under the job's name: what identifies it and where it is. */
import { useTranslation } from "react-i18next";
import { storedSpec } from "@/api/spec";
import { Badge } from "@/components/ui/Badge";
import { Id } from "@/components/ui/Copy";
import { Link } from "@/components/ui/Link";
import { Duration } from "@/components/ui/Time";
import { shortId } from "@/lib/format";
import { isFinished, type Job } from "../model/timeline";
import { TemplateLink } from "./OriginCard";

export function Meta({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const spec = storedSpec(job);
  const [number, most] = [job.attempt_count, spec.retry.max_attempts];
  const attempt = job.attempts.at(-1);
  const provider = attempt?.provider ?? job.provider;
  const labels = Object.entries(spec.labels);
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-sm">
      <Id id={job.id} what={t("meta.id")} />
      {number > 0 && (
        <span className="numeric text-text">
          {/* What the infrastructure broke is tried again beyond what the job allows. */}
          {t(number > most ? "meta.attemptBeyond" : "meta.attempt", { number, most })}
        </span>
      )}
      <dl className="contents">
        <Clock job={job} />
        {provider !== null && (
          <Fact label={t("meta.provider")}>
            <Link to="/providers/$providerId" params={{ providerId: provider.id }}>
              {provider.name}
            </Link>
          </Fact>
        )}
        {attempt !== undefined && (
          <Fact label={t("meta.worker")}>
            <Link
              to="/workers/$workerId"
              params={{ workerId: attempt.worker_id }}
              className="font-mono"
            >
              {shortId(attempt.worker_id)}
            </Link>
          </Fact>
        )}
        {job.origin?.template && (
          <Fact label={t("meta.template")}>
            <TemplateLink origin={job.origin} />
          </Fact>
        )}
        {job.origin?.schedule && (
          <Fact label={t("meta.schedule")}>
            <Link to="/schedules/$scheduleId" params={{ scheduleId: job.origin.schedule.id }}>
              {job.origin.schedule.name}
            </Link>
          </Fact>
        )}
        {job.owner !== "" && <Fact label={t("meta.by")}>{job.owner}</Fact>}
      </dl>
      {labels.length > 0 && (
        <ul aria-label={t("meta.labels")} className="flex min-w-0 flex-wrap gap-1">
          {labels.map(([name, value]) => (
            <li key={name} className="min-w-0">
              <Badge className="max-w-60">
                <span className="truncate">{value === "" ? name : `${name}: ${value}`}</span>
              </Badge>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 items-center gap-1.5">
      <dt>{label}</dt>
      <dd className="truncate text-text [&>a]:pointer-coarse:inline-block [&>a]:pointer-coarse:py-3">
        {children}
      </dd>
    </div>
  );
}

/** How long it ran, or has waited. */
function Clock({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const ran = job.started_at !== null;
  if (!ran && isFinished(job)) return null;
  return (
    <Fact label={t(ran ? "meta.duration" : "meta.waiting")}>
      <Duration from={ran ? job.started_at : job.submitted_at} to={job.finished_at} />
    </Fact>
  );
}
