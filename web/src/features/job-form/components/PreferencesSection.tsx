/** Section 5: where, how soon, and how often. */
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { Switch } from "@/components/ui/Toggle";
import { useForm } from "../hooks/form";
import { ALLOW_RETRY_ATTEMPTS } from "../model/limits";
import { PRIORITIES } from "../model/values";
import { Choice, NumberInput, TextInput } from "./fields";
import { useProjectChoice } from "./ProjectChoice";
import { RetryFields } from "./RetryFields";
import { RowsEditor } from "./RowsEditor";
import { More, Section } from "./Section";

type Props = {
  providers: readonly Provider[];
  /** The job is kept, not run: its project and its key come when it is. */
  kept?: boolean;
};

export function PreferencesSection({ providers, kept = false }: Props) {
  const { t } = useTranslation("job-form");
  const { t: common } = useTranslation();
  const { template, values, set } = useForm();
  const owned = kept || template !== null;
  const choice = useProjectChoice();
  return (
    <Section number={5} name="preferences">
      <div className="grid gap-4 sm:grid-cols-2">
        <Choice name="provider" options={useProviderOptions(providers)} />
        <Choice name="region" options={useRegionOptions(providers)} />
        <Choice
          name="priority"
          hint={t("hint.priority")}
          options={PRIORITIES.map((value) => ({ value, label: common(`priority.${value}`) }))}
        />
        <div className="sm:pt-6">
          <Switch
            label={t("field.retry")}
            hint={t("hint.retry", {
              count: Number.parseInt(values.maxAttempts, 10) || ALLOW_RETRY_ATTEMPTS,
            })}
            checked={values.retry}
            onChange={(retry) => set("retry", retry)}
          />
        </div>
      </div>
      {values.retry && (
        <More fields={["maxAttempts", "initialMs", "factor", "maxMs", "jitter", "causes"]}>
          <RetryFields />
        </More>
      )}
      <More fields={["queueTimeoutMs", "labels", "providerLabels", "project", "idempotencyKey"]}>
        <RowsEditor name="labels" hint={t("hint.labels")} />
        <RowsEditor name="providerLabels" hint={t("hint.providerLabels")} />
        <div className="grid gap-4 sm:grid-cols-2">
          <NumberInput name="queueTimeoutMs" hint={t("hint.queueTimeout")} optional unit="ms" />
          {choice === null && !owned && <TextInput name="project" hint={t("hint.project")} />}
        </div>
        {!owned && (
          <TextInput name="idempotencyKey" hint={t("hint.idempotencyKey")} optional mono />
        )}
      </More>
    </Section>
  );
}

/** Any, then every provider; one that the job names and that is gone stays in sight. */
function useProviderOptions(providers: readonly Provider[]) {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  const options = providers.map(({ name, enabled, health }) => {
    const state = !enabled ? "disabled" : health.ok ? null : "down";
    return { value: name, label: state === null ? name : t(`provider.${state}`, { name }) };
  });
  const known = providers.find(({ id, name }) => [id, name].includes(values.provider));
  const kept = values.provider !== "" && known?.name !== values.provider;
  return [
    { value: "", label: t("provider.any") },
    ...options,
    ...(kept ? [{ value: values.provider, label: known?.name ?? values.provider }] : []),
  ];
}

function useRegionOptions(providers: readonly Provider[]) {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  const regions = new Set(
    providers.flatMap(({ region, capabilities }) => [
      region ?? "",
      ...(capabilities?.regions ?? []),
    ]),
  );
  if (values.region !== "") regions.add(values.region);
  regions.delete("");
  return [
    { value: "", label: t("region.auto") },
    ...[...regions].sort().map((value) => ({ value, label: value })),
  ];
}
