/** The form of a schedule: when, what, and what if; beside it the rule in words and its next runs. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useProjectNames } from "@/api/queries/projects";
import type { ScheduleOrder } from "@/api/queries/schedules";
import type { StoredSpec } from "@/api/spec";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { useRefusal } from "@/components/ui/refusal";
import { useVeryWide } from "@/lib/media";
import { FieldsContext, useFields, useScheduleForm } from "../hooks/form";
import { usePreview } from "../hooks/preview";
import { type Draft, previewOf } from "../model/draft";
import { FaultSummary } from "./FaultSummary";
import { PolicySection } from "./PolicySection";
import { PreviewPanel } from "./PreviewPanel";
import { TargetSection } from "./TargetSection";
import { WhenSection } from "./WhenSection";

const SHOWN = 5;

type Props = {
  initial: Draft;
  /** The job that is kept, where it is not a template's. */
  stored: StoredSpec | null;
  /** Its id when it exists already: then its project stays. */
  id?: string;
  /** The verb on the main button. */
  submit: string;
  onSubmit(order: ScheduleOrder): Promise<unknown>;
};

export function ScheduleForm({ initial, stored, id, submit, onSubmit }: Props) {
  const { t } = useTranslation("schedules");
  const form = useScheduleForm(initial, onSubmit);
  const { draft, set, wrong, parameters, seed, report } = form;
  const [from, setFrom] = useState("");
  const preview = usePreview(previewOf(draft, from === "" ? "" : `${from}T00:00`, SHOWN, id));
  const refusal = useRefusal("schedules.manage", draft.project);
  const beside = useVeryWide();
  const panel = <PreviewPanel draft={draft} state={preview} from={from} onFrom={setFrom} />;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (refusal === undefined) void form.submit();
  };
  return (
    <FieldsContext value={{ draft, set, wrong, parameters, seed, report }}>
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,46rem)_minmax(22rem,28rem)]">
        <form noValidate onSubmit={send} className="flex min-w-0 flex-col gap-4">
          <FaultSummary state={form} />
          <About existing={id !== undefined} />
          <WhenSection preview={preview} />
          {!beside && panel}
          <TargetSection spec={form.spec} stored={stored} />
          <PolicySection />
          <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-4 flex justify-end border-t border-hairline bg-bg px-4 py-3 sm:bottom-0 sm:mx-0 sm:px-0">
            <Button
              type="submit"
              look="primary"
              busy={form.busy}
              disabledReason={refusal}
              className="max-sm:flex-1"
            >
              {submit}
            </Button>
          </div>
        </form>
        {beside && (
          <aside
            aria-label={t("next.title")}
            className="sticky top-6 max-h-[calc(100dvh-3rem)] min-w-0 overflow-y-auto"
          >
            {panel}
          </aside>
        )}
      </div>
    </FieldsContext>
  );
}

function About({ existing }: { existing: boolean }) {
  const { t } = useTranslation("schedules");
  const { t: common } = useTranslation();
  const { draft, set, wrong } = useFields();
  const projects = useProjectNames("schedules.manage") ?? [];
  return (
    <Card id="about" title={t("form.about")}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          id="schedule-name"
          label={t("form.name")}
          hint={t("form.nameHint")}
          error={wrong("name")}
          required
        >
          <Input
            autoCapitalize="off"
            maxLength={100}
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Field>
        {!existing && projects.length > 1 && (
          <Field label={common("project.label")}>
            <Select
              value={draft.project}
              onChange={(project) => set({ project, template: "", parameters: {} })}
              options={projects.map((one) => ({ value: one, label: one }))}
            />
          </Field>
        )}
        <Field
          id="schedule-description"
          label={t("form.description")}
          error={wrong("description")}
          optional
          className="sm:col-span-2"
        >
          <Input
            maxLength={500}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
      </div>
    </Card>
  );
}
