/** What happens when a run is due while another goes on, and when it was missed. */
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { RadioCards } from "@/components/ui/RadioCards";
import { useFields } from "../hooks/form";
import { CATCH_UPS, OVERLAPS } from "../model/draft";

export function PolicySection() {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  return (
    <Card id="policy" title={t("form.policy")}>
      <div className="flex flex-col gap-3">
        <h3 className="text-sm font-medium">{t("form.overlap")}</h3>
        <RadioCards
          label={t("form.overlap")}
          value={draft.overlap}
          onChange={(overlap) => set({ overlap })}
          options={OVERLAPS.map((value) => ({
            value,
            title: t(`form.overlapOption.${value}`),
            text: t(`form.overlapHint.${value}`),
          }))}
        />
        {draft.overlap === "queue" && (
          <Whole
            name="queue_limit"
            label={t("form.queueLimit")}
            value={draft.queueLimit}
            error={wrong("queue_limit")}
            onChange={(queueLimit) => set({ queueLimit })}
          />
        )}
        <h3 className="mt-3 text-sm font-medium">{t("form.catchUp")}</h3>
        <RadioCards
          label={t("form.catchUp")}
          value={draft.catchUp}
          onChange={(catchUp) => set({ catchUp })}
          className="sm:grid-cols-3"
          options={CATCH_UPS.map((value) => ({
            value,
            title: t(`form.catchUpOption.${value}`),
            text: t(`form.catchUpHint.${value}`),
          }))}
        />
        {draft.catchUp === "all" && (
          <Whole
            name="catch_up"
            label={t("form.catchUpLimit")}
            value={draft.catchUpLimit}
            error={wrong("catch_up")}
            onChange={(catchUpLimit) => set({ catchUpLimit })}
          />
        )}
      </div>
    </Card>
  );
}

type WholeProps = {
  name: string;
  label: string;
  value: string;
  error: string | undefined;
  onChange(value: string): void;
};

const Whole = ({ name, label, value, error, onChange }: WholeProps) => (
  <Field id={`schedule-${name}`} label={label} error={error} className="sm:w-48">
    <Input
      inputMode="numeric"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="numeric"
    />
  </Field>
);
