/** The form of a run: the parameters, what to call it and how soon; beside it plan and preview. */
import { Eye, Play } from "lucide-react";
import { type FormEvent, lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import type { Template } from "@/api/queries/templates";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { Banner, useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { Input, Select } from "@/components/ui/Input";
import { useRefusal } from "@/components/ui/refusal";
import { PlanLine, PlanPanel } from "@/features/job-form";
import { useParameterProblems } from "../hooks/problems";
import { usePreview, useRun } from "../hooks/run";
import { refusalsOf } from "../model/parameters";
import { ParameterFields, parameterId } from "./ParameterFields";
import { Rendered } from "./Rendered";

const RunSheet = lazy(() => import("./RunSheet"));
const PRIORITIES = ["LOW", "NORMAL", "HIGH"] as const;

type Props = {
  template: Template;
  /** An old version that was asked for; undefined: the newest. */
  version: number | undefined;
  start: Record<string, unknown>;
};

export function RunForm({ template, version, start }: Props) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const [values, setValues] = useState(start);
  const [name, setName] = useState("");
  const [priority, setPriority] = useState<(typeof PRIORITIES)[number] | "">("");
  const [tried, setTried] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [sheet, setSheet] = useState(false);
  const { send, busy, error, violations } = useRun(template);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const reason = useRefusal("jobs.run", template.project);
  const problems = useParameterProblems()(template.parameters, values);
  const right = Object.keys(problems).length === 0;
  const run = {
    parameters: values,
    ...(version !== undefined && { version }),
    ...(name.trim() !== "" && { name: name.trim() }),
    ...(priority !== "" && { priority }),
  };
  const preview = usePreview(template, run, right);

  useEffect(() => setRefused(refusalsOf(violations, template.spec)), [violations, template]);
  const previewed = isApiError(preview.error)
    ? refusalsOf(preview.error.violations, template.spec)
    : {};
  const shown = Object.fromEntries(
    Object.entries({ ...previewed, ...refused, ...problems }).filter(
      ([key]) => tried || touched.has(key),
    ),
  );
  const general = refused[""];

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (right) return void send(run);
    const first = template.parameters.find((one) => one.name in problems);
    if (first !== undefined) document.getElementById(parameterId(first.name))?.focus();
  }

  function change(next: Record<string, unknown>): void {
    const names = new Set([...Object.keys(next), ...Object.keys(values)]);
    const changed = [...names].filter((one) => next[one] !== values[one]);
    setTouched(new Set([...touched, ...changed]));
    // A refusal is about the value that was sent: changing it answers for it.
    setRefused(
      Object.fromEntries(Object.entries(refused).filter(([key]) => !changed.includes(key))),
    );
    setValues(next);
  }

  const incomplete =
    preview.plan.kind === "incomplete" ? (
      <span className="text-muted">{t("run.noPlan")}</span>
    ) : null;
  const button = "max-sm:min-w-0 max-sm:flex-1 max-sm:shrink max-sm:whitespace-normal";
  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,46rem)_minmax(20rem,26rem)]">
      <form noValidate onSubmit={submit} className="flex min-w-0 flex-col gap-4">
        {version !== undefined && <Banner>{t("run.old", { version: template.version })}</Banner>}
        {error !== null && (general !== undefined || violations.length === 0) && (
          <Banner tone="bad">
            {title(error)}. {general ?? detail(error)}
          </Banner>
        )}
        <Card id="run-parameters" title={t("parameters.title")}>
          <ParameterFields
            parameters={template.parameters}
            values={values}
            onChange={change}
            violations={shown}
          />
        </Card>
        <Card id="run-options" title={t("run.options")}>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t("run.name")} hint={t("run.nameHint")} optional>
              <Input
                value={name}
                maxLength={200}
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            <Field label={t("run.priority")}>
              <Select
                value={priority}
                options={[
                  { value: "", label: t("run.asTemplate") },
                  ...PRIORITIES.map((value) => ({ value, label: common(`priority.${value}`) })),
                ]}
                onChange={(next) => setPriority(next as typeof priority)}
              />
            </Field>
          </div>
        </Card>
        <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-4 flex items-center gap-3 border-t border-hairline bg-bg px-4 py-3 sm:bottom-0 sm:-mx-6 sm:px-6 lg:mx-0 lg:px-0">
          <p aria-live="polite" className="min-w-0 flex-1 text-sm max-sm:hidden">
            {incomplete ?? <PlanLine state={preview.plan} />}
          </p>
          <Button icon={Eye} onClick={() => setSheet(true)} className={`${button} xl:hidden`}>
            {t("run.plan")}
          </Button>
          <Button
            type="submit"
            look="primary"
            icon={Play}
            busy={busy}
            disabledReason={reason}
            className={button}
          >
            {t("run.do")}
          </Button>
        </div>
      </form>
      <aside
        aria-label={t("run.plan")}
        className="sticky top-6 hidden max-h-[calc(100dvh-3rem)] min-w-0 flex-col gap-4 overflow-y-auto xl:flex"
      >
        <Card title={t("run.planTitle")} id="plan">
          {incomplete ?? <PlanPanel state={preview.plan} />}
        </Card>
        <Card title={t("run.rendered")} id="rendered">
          <Rendered spec={preview.spec} />
        </Card>
      </aside>
      <Suspense>
        {sheet && (
          <RunSheet plan={preview.plan} spec={preview.spec} onClose={() => setSheet(false)} />
        )}
      </Suspense>
    </div>
  );
}
