/** The form: five sections, beside them the plan and the preview, below them the button. */
import { useQuery } from "@tanstack/react-query";
import { Eye, Play } from "lucide-react";
import { type FormEvent, lazy, Suspense, useDeferredValue, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { providersQuery } from "@/api/queries/providers";
import { usePermission } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Banner } from "@/components/ui/feedback";
import { useRefusal } from "@/components/ui/refusal";
import { useVeryWide } from "@/lib/media";
import { useProvidersTopic } from "@/live/topics";
import { useLiveMode } from "@/live/useTopic";
import { useDraft } from "../hooks/draft";
import { type Form, FormContext, useFormState } from "../hooks/form";
import { usePlan } from "../hooks/plan";
import { useSubmission } from "../hooks/submit";
import type { FormValues } from "../model/values";
import { BasicSection } from "./BasicSection";
import { CommandSection } from "./CommandSection";
import { EnvironmentSection } from "./EnvironmentSection";
import { ErrorSummary } from "./ErrorSummary";
import { PlanLine, PlanPanel } from "./PlanPanel";
import { PreferencesSection } from "./PreferencesSection";
import { PreviewPanel } from "./PreviewPanel";
import { ResourcesSection } from "./ResourcesSection";

const PlanSheet = lazy(() => import("./PlanSheet"));

type Props = {
  initial: FormValues;
  /** The job that is copied: its draft is kept apart. */
  from: string | undefined;
  /** What to say above the form; gets what throws the draft away. */
  notice: (discard: () => void, form: Form) => React.ReactNode;
};

export function JobForm({ initial, from, notice }: Props) {
  const { t } = useTranslation("job-form");
  const form = useFormState(initial);
  const draft = useDraft(form.values, from);
  const summary = useRef<HTMLDivElement>(null);
  const [sheet, setSheet] = useState(false);
  const { data: providers } = useQuery(providersQuery());
  useProvidersTopic();
  const items = providers?.items ?? [];
  const images =
    providers === undefined
      ? null
      : items.some((p) => p.enabled && p.capabilities?.images === true);
  const project = form.values.project.trim();
  const reason = useRefusal("jobs.run", project);
  const readable = usePermission("jobs.read", project);
  const settled = useDeferredValue(form.values);
  const plan = usePlan(settled, form.issues, readable);
  const offline = useLiveMode() === "offline";
  const beside = useVeryWide();

  const showSummary = () =>
    requestAnimationFrame(() => {
      summary.current?.scrollIntoView({ block: "center" });
      summary.current?.focus({ preventScroll: true });
    });
  const { submit, busy, error } = useSubmission(form, showSummary, draft.finish);

  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    void submit();
  }

  return (
    <FormContext value={form}>
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,46rem)_minmax(20rem,26rem)]">
        <form noValidate onSubmit={onSubmit} className="flex min-w-0 flex-col gap-4">
          {notice(draft.discard, form)}
          <ErrorSummary box={summary} error={error} />
          <BasicSection images={images !== false} />
          <CommandSection />
          <EnvironmentSection images={images} />
          <ResourcesSection />
          <PreferencesSection providers={items} />
          {offline && <Banner tone="warn">{t("draft.offline")}</Banner>}
          <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-4 flex items-center gap-3 border-t border-hairline bg-bg px-4 py-3 sm:bottom-0 sm:-mx-6 sm:px-6 lg:mx-0 lg:px-0">
            <p aria-live="polite" className="min-w-0 flex-1 text-sm max-sm:hidden">
              <PlanLine state={plan} />
            </p>
            <Button
              icon={Eye}
              onClick={() => setSheet(true)}
              className="max-sm:min-w-0 max-sm:flex-1 max-sm:shrink max-sm:whitespace-normal xl:hidden"
            >
              {t("plan.open")}
            </Button>
            <Button
              type="submit"
              look="primary"
              icon={Play}
              busy={busy}
              disabledReason={reason}
              className="max-sm:min-w-0 max-sm:flex-1 max-sm:shrink max-sm:whitespace-normal"
            >
              {t("submit.label")}
            </Button>
          </div>
        </form>
        {beside && (
          <aside
            aria-label={t("plan.open")}
            className="sticky top-6 flex max-h-[calc(100dvh-3rem)] min-w-0 flex-col gap-4 overflow-y-auto"
          >
            <Card title={t("plan.title")} id="plan">
              <PlanPanel state={plan} />
            </Card>
            <Card title={t("preview.title")} id="preview">
              <PreviewPanel values={settled} />
            </Card>
          </aside>
        )}
      </div>
      <Suspense>
        {sheet && <PlanSheet plan={plan} values={settled} onClose={() => setSheet(false)} />}
      </Suspense>
    </FormContext>
  );
}
