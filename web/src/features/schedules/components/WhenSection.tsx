/** When it runs: the rule, its zone, and the bounds around it. */
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { SegmentedControl } from "@/components/ui/Tabs";
import { useFields } from "../hooks/form";
import type { PreviewState } from "../hooks/preview";
import { fieldOf, KINDS, type Kind } from "../model/draft";
import { expressionOf, simpleOf } from "../model/simple";
import { CronRule, IntervalRule, OnceRule, SpanField } from "./RuleFields";
import { SimpleRule } from "./SimpleRule";
import { ZoneField } from "./ZoneField";

export function WhenSection({ preview }: { preview: PreviewState }) {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  const refused = preview.violations.find(({ field }) => fieldOf(field) === "rule")?.message;
  // What was chosen in one way goes on in the other where that can say it.
  const choose = (kind: Kind) => {
    const expression = expressionOf(draft.simple);
    const simple = simpleOf(draft.expression);
    if (kind === "cron" && draft.kind === "simple" && expression !== null) {
      set({ kind, expression });
    } else if (kind === "simple" && draft.kind === "cron" && simple !== null) {
      set({ kind, simple });
    } else set({ kind });
  };
  return (
    <Card id="when" title={t("form.when")}>
      <div className="flex flex-col gap-4">
        <SegmentedControl
          label={t("form.kind")}
          value={draft.kind}
          onChange={choose}
          options={KINDS.map((value) => ({ value, label: t(`form.${value}`) }))}
          className="self-start max-sm:w-full"
        />
        {draft.kind === "simple" && <SimpleRule />}
        {draft.kind === "cron" && <CronRule refused={refused} />}
        {draft.kind === "interval" && <IntervalRule refused={refused} />}
        {draft.kind === "once" && <OnceRule refused={refused} />}
        <ZoneField />
        <div className="grid gap-4 sm:grid-cols-2">
          {draft.kind !== "once" && (
            <>
              <Field
                id="schedule-starts_at"
                label={t("form.starts")}
                error={wrong("starts_at")}
                optional
              >
                <Input
                  type="datetime-local"
                  value={draft.startsAt}
                  onChange={(event) => set({ startsAt: event.target.value })}
                />
              </Field>
              <Field id="schedule-ends_at" label={t("form.ends")} error={wrong("ends_at")} optional>
                <Input
                  type="datetime-local"
                  value={draft.endsAt}
                  onChange={(event) => set({ endsAt: event.target.value })}
                />
              </Field>
            </>
          )}
          <SpanField
            id="schedule-jitter_ms"
            label={t("form.jitter")}
            hint={t("form.jitterHint")}
            value={draft.jitter}
            units={["s", "m", "h"]}
            error={wrong("jitter_ms")}
            onChange={(jitter) => set({ jitter })}
          />
        </div>
      </div>
    </Card>
  );
}
