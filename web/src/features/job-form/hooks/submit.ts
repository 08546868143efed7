/** Sends the form once, however often its button is pressed. */
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { type JobSpec as ApiSpec, useSubmitJob } from "@/api/queries/jobs";
import { toast } from "@/components/ui/toast";
import { serverNow } from "@/live/clock";
import { specOf } from "../model/spec";
import { issuesFrom } from "../model/violations";
import type { Form } from "./form";

/** A key of 128 random bits; `crypto.randomUUID` is missing on pages of plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `form-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export type Submission = {
  submit: () => Promise<void>;
  busy: boolean;
  error: unknown;
};

/** `onRefused` is called when there is something to mend; `onDone` once the job is stored. */
/** How far this clock and the server's may be apart. */
const CLOCKS_MS = 2000;

export function useSubmission(form: Form, onRefused: () => void, onDone: () => void): Submission {
  const { t } = useTranslation("job-form");
  const navigate = useNavigate();
  const { mutateAsync } = useSubmitJob();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const running = useRef(false);
  // The same values have the same key, so that an answer that was lost can be asked for again.
  const sent = useRef<{ body: string; key: string } | null>(null);

  async function send(): Promise<void> {
    const { values } = form;
    const spec = specOf(values);
    const body = JSON.stringify(spec);
    if (sent.current?.body !== body) sent.current = { body, key: randomKey() };
    const idempotencyKey = values.idempotencyKey || sent.current.key;
    const begun = serverNow();
    const job = await mutateAsync({ spec: spec as unknown as ApiSpec, idempotencyKey });
    onDone();
    await navigate({ to: "/jobs/$jobId", params: { jobId: job.id } });
    const logs = () => void navigate({ to: "/jobs/$jobId/logs", params: { jobId: job.id } });
    // A quick worker may have it already: only its time tells a new job from a known one.
    const words = Date.parse(job.submitted_at) > begun - CLOCKS_MS ? "scheduled" : "known";
    toast.done(t(`submit.${words}`, { name: job.name }), {
      label: t("submit.logs"),
      onClick: logs,
    });
  }

  async function submit(): Promise<void> {
    if (running.current) return;
    setError(null);
    const own = form.issues.filter((issue) => issue.code !== "server");
    form.showAll([]);
    if (own.length > 0) return onRefused();
    running.current = true;
    setBusy(true);
    try {
      await send();
    } catch (caught) {
      const violations = isApiError(caught) ? caught.violations : [];
      if (violations.length > 0) form.showAll(issuesFrom(violations, form.values));
      else setError(caught);
      onRefused();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { submit, busy, error };
}
