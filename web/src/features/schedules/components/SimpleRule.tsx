/** The usual rules: every few minutes, hour, day, week or month, without cron. */
import { useTranslation } from "react-i18next";
import { Chip } from "@/components/ui/Chip";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import { useFields } from "../hooks/form";
import { EVERY, type Every, expressionOf, type Simple, STEPS, WEEK } from "../model/simple";

/** 4 January 1970 was a Sunday. */
const dayName = (day: number, language: string, weekday: "short" | "long") =>
  new Intl.DateTimeFormat(language, { weekday, timeZone: "UTC" }).format(
    Date.UTC(1970, 0, 4 + day),
  );

const DATES = Array.from({ length: 31 }, (_, index) => index + 1);

export function SimpleRule() {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  const { simple } = draft;
  const change = (next: Partial<Simple>) => set({ simple: { ...simple, ...next } });
  const timed = simple.every !== "minutes" && simple.every !== "hour";
  const expression = expressionOf(simple);
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("form.every")}>
          <Select
            value={simple.every}
            onChange={(every) => change({ every: every as Every })}
            options={EVERY.map((value) => ({ value, label: t(`form.everyOption.${value}`) }))}
          />
        </Field>
        <Often simple={simple} onChange={change} />
        {simple.every === "month" && <MonthDay simple={simple} onChange={change} />}
        {timed && (
          <Field id="schedule-rule" label={t("form.time")} error={wrong("rule")}>
            <Input
              type="time"
              value={simple.time}
              onChange={(event) => change({ time: event.target.value })}
              className="numeric"
            />
          </Field>
        )}
      </div>
      {simple.every === "week" && <Days simple={simple} onChange={change} />}
      {expression !== null && (
        <p className="text-sm text-muted">
          {t("form.asCron")} <code className="font-mono text-text">{expression}</code>
        </p>
      )}
    </div>
  );
}

type PartProps = { simple: Simple; onChange(change: Partial<Simple>): void };

function Often({ simple, onChange }: PartProps) {
  const { t } = useTranslation("schedules");
  if (simple.every === "minutes") {
    return (
      <Field label={t("form.step")}>
        <Select
          value={String(simple.step)}
          onChange={(step) => onChange({ step: Number(step) })}
          options={STEPS.map((step) => ({
            value: String(step),
            label: t("form.stepOption", { count: step }),
          }))}
        />
      </Field>
    );
  }
  if (simple.every !== "hour") return null;
  return (
    <Field label={t("form.minute")}>
      <Select
        value={String(simple.minute)}
        onChange={(minute) => onChange({ minute: Number(minute) })}
        options={Array.from({ length: 60 }, (_, minute) => ({
          value: String(minute),
          label: `:${String(minute).padStart(2, "0")}`,
        }))}
      />
    </Field>
  );
}

function MonthDay({ simple, onChange }: PartProps) {
  const { t } = useTranslation("schedules");
  const short = simple.day !== "L" && simple.day > 28;
  return (
    <Field label={t("form.day")} {...(short && { hint: t("form.shortMonth") })}>
      <Select
        value={String(simple.day)}
        onChange={(day) => onChange({ day: day === "L" ? day : Number(day) })}
        options={[
          ...DATES.map((day) => ({ value: String(day), label: String(day) })),
          { value: "L", label: t("form.lastDay") },
        ]}
      />
    </Field>
  );
}

function Days({ simple, onChange }: PartProps) {
  const { t, i18n } = useTranslation("schedules");
  const { wrong } = useFields();
  const error = simple.days.length === 0 ? wrong("rule") : undefined;
  const toggle = (day: number) =>
    onChange({
      days: simple.days.includes(day)
        ? simple.days.filter((one) => one !== day)
        : [...simple.days, day],
    });
  return (
    <fieldset>
      <legend className="pb-1.5 text-sm font-medium">{t("form.days")}</legend>
      <div className="flex flex-wrap gap-2">
        {WEEK.map((day) => (
          <Chip key={day} pressed={simple.days.includes(day)} onPress={() => toggle(day)}>
            <span aria-hidden>{dayName(day, i18n.language, "short")}</span>
            <span className="sr-only">{dayName(day, i18n.language, "long")}</span>
          </Chip>
        ))}
      </div>
      {error !== undefined && <p className="pt-1.5 text-sm text-failed">{error}</p>}
    </fieldset>
  );
}
