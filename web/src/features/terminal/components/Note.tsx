/** Over an empty console: why there is no shell to be had, or that it comes. */
import { useQuery } from "@tanstack/react-query";
import { Ban, CircleDashed, Lock, type LucideIcon, SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { explainQuery, type Job } from "@/api/queries/jobs";
import { Rejections, sentence } from "@/components/placement/Rejections";
import { ErrorState } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { useRefusal } from "@/components/ui/refusal";
import type { Admission } from "../model/admission";

type CoverProps = {
  icon: LucideIcon;
  title: string;
  name: string;
  children?: ReactNode;
  action?: ReactNode;
};

const Cover = ({ icon: Icon, title, name, children, action }: CoverProps) => (
  <div
    data-terminal-note={name}
    role="status"
    className="absolute inset-0 grid place-content-center justify-items-center gap-2 overflow-auto bg-console p-6 text-center text-text"
  >
    <Icon size={24} aria-hidden strokeWidth={1.5} className="text-subtle" />
    <h2 className="text-lg">{title}</h2>
    {children && <div className="max-w-md text-muted [overflow-wrap:anywhere]">{children}</div>}
    {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
  </div>
);

const WHY_EVERY_MS = 2000;

/** The server's sentence is English; other languages have the providers and what each lacks. */
function Why({ explanation: { reason, rejections } }: { explanation: Schemas["ExplanationView"] }) {
  const { t, i18n } = useTranslation("terminal");
  if (i18n.language.startsWith("en")) return <p>{sentence(reason)}</p>;
  if (rejections.length === 0) return null;
  return <Rejections title={t("waiting.because")} items={rejections} />;
}

function Waiting({ job }: { job: Job }) {
  const { t } = useTranslation("terminal");
  const { data } = useQuery({
    ...explainQuery(job.id),
    enabled: job.state === "PENDING",
    refetchInterval: WHY_EVERY_MS,
  });
  return (
    <Cover
      icon={CircleDashed}
      name="waiting"
      title={t(`waiting.${job.state === "PENDING" ? "queued" : "starting"}`)}
      action={
        <ButtonLink to="/jobs/$jobId" params={{ jobId: job.id }}>
          {t("waiting.why")}
        </ButtonLink>
      }
    >
      {job.state === "PENDING" && data !== undefined && <Why explanation={data} />}
      <p>{t("waiting.opens")}</p>
    </Cover>
  );
}

type NoteProps = { admission: Admission; job: Job | undefined; error: unknown; onRetry(): void };

/** Null when the job can be entered. */
export function Note({ admission, job, error, onRetry }: NoteProps) {
  const { t } = useTranslation("terminal");
  const { t: common } = useTranslation();
  const refusal = useRefusal("terminal.open", job?.project);
  if (error && job === undefined) {
    return (
      <div className="absolute inset-0 overflow-auto bg-console text-text">
        <ErrorState error={error} onRetry={onRetry} />
      </div>
    );
  }
  if (admission === "forbidden") {
    return (
      <Cover icon={Lock} name="forbidden" title={common("forbidden.title")}>
        {refusal}
      </Cover>
    );
  }
  if (job === undefined) return null;
  if (admission === "waiting") return <Waiting job={job} />;
  if (admission === "cancelling") {
    return (
      <Cover icon={Ban} name="cancelling" title={t("cancelling.title")}>
        {t("cancelling.detail")}
      </Cover>
    );
  }
  if (admission !== "over") return null;
  return (
    <Cover
      icon={SquareTerminal}
      name="over"
      title={t("over.title", { state: common(`state.${job.state}`) })}
      action={
        <ButtonLink to="/jobs/$jobId/logs" params={{ jobId: job.id }}>
          {t("over.logs")}
        </ButtonLink>
      }
    >
      {t("over.detail")}
    </Cover>
  );
}
