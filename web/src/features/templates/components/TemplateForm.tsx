/** The form of a template: what it is called, its parameters, the job; beside it what they make. */
import { useQuery } from "@tanstack/react-query";
import { Eye, Save } from "lucide-react";
import { type FormEvent, lazy, Suspense, useDeferredValue, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { providersQuery } from "@/api/queries/providers";
import type { TemplateOrder } from "@/api/queries/templates";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { useRefusal } from "@/components/ui/refusal";
import {
  BasicSection,
  CommandSection,
  EnvironmentSection,
  ErrorSummary,
  FormContext,
  Numbered,
  PreferencesSection,
  ResourcesSection,
} from "@/features/job-form";
import { type Start, useTemplateForm } from "../hooks/template-form";
import { FormPreview } from "./FormPreview";
import { HeadFields } from "./HeadFields";
import { ParameterEditor } from "./ParameterEditor";

const PreviewSheet = lazy(() => import("./PreviewSheet"));

type Props = {
  start: Start;
  /** Whether the template exists: then this makes its next version. */
  exists: boolean;
  /** Stores it; what it throws is shown. */
  save: (order: TemplateOrder) => Promise<void>;
  notice?: React.ReactNode;
};

const WIDTH = "max-sm:min-w-0 max-sm:flex-1 max-sm:shrink max-sm:whitespace-normal";

export function TemplateForm({ start, exists, save, notice }: Props) {
  const { t } = useTranslation("templates");
  const form = useTemplateForm(start);
  const summary = useRef<HTMLDivElement>(null);
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [sheet, setSheet] = useState(false);
  const { data: providers } = useQuery(providersQuery());
  const items = providers?.items ?? [];
  const images =
    providers === undefined
      ? null
      : items.some((p) => p.enabled && p.capabilities?.images === true);
  const reason = useRefusal("templates.manage", form.head.project);
  const shown = useDeferredValue(form.parameters);

  const showSummary = () =>
    requestAnimationFrame(() => {
      summary.current?.scrollIntoView({ block: "center" });
      summary.current?.focus({ preventScroll: true });
    });

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (running.current) return;
    setError(null);
    form.refuse([]);
    if (!form.isRight) return void showSummary();
    running.current = true;
    setBusy(true);
    try {
      await save(form.order());
    } catch (caught) {
      const violations = isApiError(caught) ? caught.violations : [];
      if (violations.length > 0) form.refuse(violations);
      else setError(caught);
      showSummary();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return (
    <FormContext value={form.job}>
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,46rem)_minmax(20rem,26rem)]">
        <form noValidate onSubmit={submit} className="flex min-w-0 flex-col gap-4">
          {notice}
          <ErrorSummary
            box={summary}
            error={error}
            others={form.others}
            failed={t("edit.failed")}
          />
          <Numbered number={1} title={t("edit.about")}>
            <HeadFields form={form} exists={exists} />
          </Numbered>
          <Numbered number={2} title={t("parameters.title")}>
            <ParameterEditor
              rows={form.rows}
              onChange={form.setRows}
              issues={form.rowIssues}
              onLeave={(row, cell) => form.leave(`${row}-${cell}`)}
              used={form.used}
            />
          </Numbered>
          <BasicSection images={false} />
          <CommandSection />
          <EnvironmentSection images={images} />
          <ResourcesSection />
          <PreferencesSection providers={items} />
          <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-4 flex items-center gap-3 border-t border-hairline bg-bg px-4 py-3 sm:bottom-0 sm:-mx-6 sm:justify-end sm:px-6 lg:mx-0 lg:px-0">
            <Button icon={Eye} onClick={() => setSheet(true)} className={`${WIDTH} xl:hidden`}>
              {t("preview.open")}
            </Button>
            <Button
              type="submit"
              look="primary"
              icon={Save}
              busy={busy}
              disabledReason={reason}
              className={WIDTH}
            >
              {t(exists ? "edit.saveVersion" : "edit.save")}
            </Button>
          </div>
        </form>
        <aside
          aria-label={t("preview.title")}
          className="sticky top-6 hidden max-h-[calc(100dvh-3rem)] min-w-0 flex-col gap-4 overflow-y-auto xl:flex"
        >
          <Card title={t("preview.title")} id="form-preview">
            <FormPreview parameters={shown} />
          </Card>
        </aside>
      </div>
      <Suspense>
        {sheet && <PreviewSheet parameters={shown} onClose={() => setSheet(false)} />}
      </Suspense>
    </FormContext>
  );
}
