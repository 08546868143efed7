/** Why a job did not succeed, what its last lines were, and what would help. */
import { useQuery } from "@tanstack/react-query";
import { CircleSlash, CircleX, RotateCcw, TimerOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { storedSpec } from "@/api/spec";
import { Button } from "@/components/ui/Button";
import { ButtonLink } from "@/components/ui/Link";
import { Said } from "@/components/ui/Said";
import { cn } from "@/lib/cn";
import { formatBytes, formatDuration } from "@/lib/format";
import { useReasons, useRerun } from "../hooks/actions";
import { explained, type Outcome, remedyOf, signalName } from "../model/failure";
import type { Job } from "../model/timeline";

const LOOKS = {
  FAILED: { icon: CircleX, ground: "tint-failed", text: "text-failed" },
  TIMEOUT: { icon: TimerOff, ground: "tint-timeout", text: "text-timeout" },
  CANCELLED: { icon: CircleSlash, ground: "tint-cancelled", text: "text-cancelled" },
} as const;

/** Causes whose details only the server knows, in its own words. */
const SERVER_KNOWS: readonly Outcome["cause"][] = ["image", "provision", "lost", "spec"];
const MIB = 1024 * 1024;

export function FailureCard({ job, outcome }: { job: Job; outcome: Outcome }) {
  const { t, i18n } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const spec = storedSpec(job);
  const state = job.state === "TIMEOUT" || job.state === "CANCELLED" ? job.state : "FAILED";
  const { icon: Icon, ground, text } = LOOKS[state];
  const started = job.started_at !== null;
  const code = outcome.exit_code ?? 0;
  const why = explained(outcome, started);
  const waited = why === "queue" ? (spec.queue_timeout_ms ?? 0) : spec.timeout_ms;
  const words = t(`failure.${why}`, {
    code,
    signal: signalName(why === "exitSignal" ? code - 128 : (outcome.signal ?? 0)),
    memory: formatBytes(spec.resources.memory_mb * MIB, i18n.language),
    timeout: formatDuration(waited, i18n.language),
  });
  return (
    <section className={cn("min-w-0 rounded-card p-4", ground)}>
      <h2 className="flex items-center gap-2 font-semibold">
        <Icon size={16} aria-hidden className={text} />
        {common(`cause.${outcome.cause}`, { code })}
      </h2>
      <p className="mt-1 [overflow-wrap:anywhere]">{words}</p>
      {SERVER_KNOWS.includes(outcome.cause) && (
        <p className="mt-1 text-muted text-sm [overflow-wrap:anywhere]">
          <Said text={outcome.message} />
        </p>
      )}
      {job.cancel_reason !== "" && (
        <p className="mt-1 text-muted [overflow-wrap:anywhere]">
          {t("failure.by", { reason: job.cancel_reason })}
        </p>
      )}
      {started && state !== "CANCELLED" && <LastLines job={job} />}
      <Help job={job} outcome={outcome} started={started} />
    </section>
  );
}

const MOST_LINES = 3;
const LOOK_BACK = 200;

/** The last errors, or the last lines when none is marked as one. */
function LastLines({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const { data } = useQuery({
    queryKey: [...keys.jobs.logs(job.id), "last", job.attempt_count],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/jobs/{key}/logs", {
          params: { path: { key: job.id }, query: { from: -LOOK_BACK, limit: LOOK_BACK } },
          signal,
        }),
      ),
  });
  const lines = data?.lines ?? [];
  const errors = lines.filter((line) => line.l === "ERROR");
  const shown = (errors.length > 0 ? errors : lines).slice(-MOST_LINES);
  if (shown.length === 0) return null;
  return (
    <figure className="mt-3">
      <figcaption className="mb-1 font-medium text-muted text-xs">
        {t(errors.length > 0 ? "failure.errorLines" : "failure.lastLines")}
      </figcaption>
      <pre className="whitespace-pre-wrap rounded-control bg-console px-3 py-2 font-mono text-console-text text-xs [overflow-wrap:anywhere]">
        {shown.map((line) => (
          <span key={line.n} className={cn("block", line.l === "ERROR" && "text-console-error")}>
            {`${line.n} `.padStart(6)}
            {plain(line.m)}
          </span>
        ))}
      </pre>
    </figure>
  );
}

/** Colour codes and links of terminals, which are no text. */
const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
const ESCAPES = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}]*${BEL}?)`, "g");
const plain = (text: string) => text.replace(ESCAPES, "");

function Help({ job, outcome, started }: { job: Job; outcome: Outcome; started: boolean }) {
  const { t, i18n } = useTranslation("job-detail");
  const rerun = useRerun(job);
  const reasons = useReasons(job);
  const remedy = remedyOf(outcome, storedSpec(job), started);
  const memory = remedy?.resources?.memory_mb;
  return (
    <div className="mt-3 flex flex-wrap gap-2 empty:hidden">
      {remedy !== null && (
        <Button
          size="sm"
          icon={RotateCcw}
          busy={rerun.isPending}
          disabledReason={reasons.rerun}
          onClick={() => rerun.mutate(remedy)}
        >
          {memory !== undefined
            ? t("failure.moreMemory", { memory: formatBytes(memory * MIB, i18n.language) })
            : t("failure.moreTime", {
                timeout: formatDuration(remedy.timeout_ms ?? 0, i18n.language),
              })}
        </Button>
      )}
      {started && (
        <ButtonLink size="sm" to="/jobs/$jobId/logs" params={{ jobId: job.id }}>
          {t(job.error_count > 0 ? "failure.openLog" : "failure.openLogEnd")}
        </ButtonLink>
      )}
    </div>
  );
}
