/** What an empty server shows first: from nothing to a log in three steps. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleCheck, CircleX, Play } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitJob } from "@/api/queries/jobs";
import { providersQuery } from "@/api/queries/providers";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";
import { helloJob } from "../model/hello";

export function FirstSteps() {
  const { t, i18n } = useTranslation("dashboard");
  const { data } = useQuery(providersQuery());
  const ready = (data?.items ?? []).filter((one) => one.enabled && one.health.ok);
  const names = new Intl.ListFormat(i18n.language).format(ready.map((one) => one.name));
  const run = useRunHello();
  const refusal = useRefusal("jobs.run", "default");
  return (
    <Card id="first" title={t("first.title")}>
      <ol className="grid gap-5 lg:grid-cols-3">
        <Step number={1} title={t("first.provider")}>
          {data !== undefined && (
            <p className="flex items-start gap-2">
              {ready.length > 0 ? (
                <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-succeeded" />
              ) : (
                <CircleX size={16} aria-hidden className="mt-0.5 shrink-0 text-failed" />
              )}
              {ready.length > 0
                ? t("first.providerOk", { count: ready.length, names })
                : t("first.providerNone")}
            </p>
          )}
        </Step>
        <Step number={2} title={t("first.run")}>
          <p className="pb-3">{t("first.runText")}</p>
          <Button
            look="primary"
            icon={Play}
            busy={run.busy}
            disabledReason={refusal}
            onClick={() => void run.start(helloJob(data?.items ?? []))}
          >
            {t("first.run")}
          </Button>
        </Step>
        <Step number={3} title={t("first.read")}>
          <p>{t("first.readText")}</p>
        </Step>
      </ol>
    </Card>
  );
}

function useRunHello() {
  const submit = useSubmitJob();
  const navigate = useNavigate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  // One key for one visit: a second click gets the job that is there already.
  const key = useRef(`hello-${Date.now()}-${Math.random().toString(36).slice(2)}`);
  return {
    busy: submit.isPending,
    // The job may be over, and these steps with it, before its answer is here: callbacks of
    // `mutate` would not come any more.
    start: (spec: ReturnType<typeof helloJob>) =>
      submit.mutateAsync({ spec, idempotencyKey: key.current }).then(
        (job) => navigate({ to: "/jobs/$jobId", params: { jobId: job.id } }),
        (error) => toast.failed(title(error), detail(error)),
      ),
  };
}

type StepProps = { number: number; title: string; children: React.ReactNode };

const Step = ({ number, title, children }: StepProps) => (
  <li className="min-w-0">
    <h3 className="flex items-center gap-2.5 pb-1.5 text-base">
      <span
        aria-hidden
        className="numeric grid size-6 place-items-center rounded-full border border-control text-xs"
      >
        {number}
      </span>
      {title}
    </h3>
    <div className="pl-8.5 text-muted">{children}</div>
  </li>
);
