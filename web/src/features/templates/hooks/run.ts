/** A run that is being prepared: what it would be, where it would run, and sending it once. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { usePermission } from "@/api/queries/system";
import { type Run, renderQuery, type Template, useRunTemplate } from "@/api/queries/templates";
import { toast } from "@/components/ui/toast";
import { usePlanOf } from "@/features/job-form";
import { withoutSecrets } from "../model/parameters";

const PAUSE_MS = 350;

/** What a run with these values would be; asked a moment after the last change. */
export function usePreview(template: Template, run: Run, right: boolean) {
  const { parameters, version, ...rest } = run;
  const body = { parameters: { ...withoutSecrets(template.parameters, parameters) }, version };
  const wanted = right ? JSON.stringify(body) : null;
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const query = useQuery({
    ...renderQuery(template.id, JSON.parse(asked ?? '{"parameters":{}}')),
    enabled: asked !== null,
    placeholderData: (before) => before,
  });
  const readable = usePermission("jobs.read", template.project);
  const spec = wanted === null || query.isError ? undefined : query.data?.spec;
  const plan = usePlanOf(
    spec === undefined || !readable
      ? null
      : { ...placed(spec), ...(rest.priority && { priority: rest.priority }) },
  );
  return { spec, plan, error: query.error };
}

/** The spec as far as placement looks at it. */
function placed(spec: Record<string, unknown>): Record<string, unknown> {
  const { env: _, stdin: __, working_dir: ___, ...rest } = spec;
  return { ...rest, name: "plan", command: { type: "shell", script: "true" } };
}

/** A key of 128 random bits; `crypto.randomUUID` is missing on pages of plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `run-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Sends a run once, however often its button is pressed, and leads to its job. */
export function useRun(template: Template) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate();
  const { mutateAsync } = useRunTemplate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const running = useRef(false);
  // The same values have the same key, so that an answer that was lost can be asked for again.
  const sent = useRef<{ body: string; key: string } | null>(null);

  async function send(run: Run): Promise<void> {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    const body = JSON.stringify(run);
    if (sent.current?.body !== body) sent.current = { body, key: randomKey() };
    try {
      const job = await mutateAsync({
        key: template.id,
        idempotencyKey: sent.current.key,
        ...run,
      });
      const params = { jobId: job.id };
      await navigate({ to: "/jobs/$jobId", params });
      toast.done(t("run.done", { name: job.name }), {
        label: t("run.logs"),
        onClick: () => void navigate({ to: "/jobs/$jobId/logs", params }),
      });
    } catch (caught) {
      setError(caught);
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { send, busy, error, violations: isApiError(error) ? error.violations : [] };
}
