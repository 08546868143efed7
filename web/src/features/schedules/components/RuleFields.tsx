/** The rule as cron, as an interval, or as one moment. */
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input, NumberWithUnit } from "@/components/ui/Input";
import { useFields } from "../hooks/form";
import type { Span, Unit } from "../model/draft";

const EXAMPLES = [
  ["weekdays", "0 9 * * 1-5"],
  ["quarter", "*/15 * * * *"],
  ["spread", "H * * * *"],
  ["night", "H H(0-5) * * *"],
  ["first", "0 6 1 * *"],
] as const;

export function CronRule({ refused }: { refused: string | undefined }) {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  return (
    <div className="flex flex-col gap-3">
      <Field
        id="schedule-rule"
        label={t("form.expression")}
        hint={t("form.expressionHint")}
        error={wrong("rule") ?? refused}
        required
      >
        <Input
          value={draft.expression}
          onChange={(event) => set({ expression: event.target.value })}
          autoCapitalize="off"
          maxLength={200}
          className="font-mono text-lg tracking-wide"
        />
      </Field>
      <fieldset aria-label={t("form.examples")} className="flex flex-wrap gap-2">
        {EXAMPLES.map(([name, expression]) => (
          <Button
            key={name}
            size="sm"
            look="quiet"
            className="border border-hairline"
            onClick={() => set({ expression })}
          >
            {t(`form.example.${name}`)}
            <code className="font-mono text-xs text-subtle">{expression}</code>
          </Button>
        ))}
      </fieldset>
    </div>
  );
}

type SpanFieldProps = {
  id: string;
  label: string;
  hint?: string;
  value: Span;
  units: readonly Unit[];
  error: string | undefined;
  onChange(span: Span): void;
};

/** A span of time as a number and a unit. */
export function SpanField({ id, label, hint, value, units, error, onChange }: SpanFieldProps) {
  const { t } = useTranslation("schedules");
  const { t: common } = useTranslation();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <NumberWithUnit
        value={value.value}
        onChange={(next) => onChange({ ...value, value: next })}
        unit={value.unit}
        unitLabel={common("field.unit")}
        units={units.map((unit) => ({ value: unit, label: t(`form.unit.${unit}`) }))}
        onUnit={(unit) => onChange({ ...value, unit: unit as Unit })}
      />
    </Field>
  );
}

export function IntervalRule({ refused }: { refused: string | undefined }) {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SpanField
        id="schedule-rule"
        label={t("form.intervalEvery")}
        value={draft.every}
        units={["s", "m", "h", "d"]}
        error={wrong("rule") ?? refused}
        onChange={(every) => set({ every })}
      />
      <Field
        id="schedule-anchor"
        label={t("form.anchor")}
        hint={t("form.anchorHint")}
        error={wrong("anchor")}
        optional
      >
        <Input
          type="datetime-local"
          value={draft.anchor}
          onChange={(event) => set({ anchor: event.target.value })}
        />
      </Field>
    </div>
  );
}

export function OnceRule({ refused }: { refused: string | undefined }) {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  return (
    <Field
      id="schedule-rule"
      label={t("form.at")}
      hint={t("form.atHint")}
      error={wrong("rule") ?? refused}
      required
      className="sm:w-1/2 sm:pr-2"
    >
      <Input
        type="datetime-local"
        value={draft.at}
        onChange={(event) => set({ at: event.target.value })}
      />
    </Field>
  );
}
