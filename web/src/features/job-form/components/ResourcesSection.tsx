/** Section 4: what the job may use. */
import { useTranslation } from "react-i18next";
import { Switch } from "@/components/ui/Toggle";
import { formatBytes, formatDuration } from "@/lib/format";
import { useForm } from "../hooks/form";
import { ARCHITECTURES, numberOf } from "../model/values";
import { Choice, NumberInput } from "./fields";
import { More, Section } from "./Section";

const MIB = 1024 * 1024;

export function ResourcesSection() {
  const { t, i18n } = useTranslation("job-form");
  const { values, set } = useForm();
  const memory = numberOf(values.memoryMb);
  const timeout = numberOf(values.timeoutMs);
  const size = memory >= 1024 ? formatBytes(memory * MIB, i18n.language) : "";
  const length = timeout > 0 ? formatDuration(timeout, i18n.language) : "";
  return (
    <Section number={4} name="resources">
      <div className="grid gap-4 sm:grid-cols-2">
        <NumberInput name="cpu" hint={t("hint.cpu")} unit={t("unit.cores")} />
        <NumberInput name="memoryMb" hint={size && t("hint.memory", { size })} unit="MB" />
        <NumberInput name="storageMb" hint={t("hint.storage")} unit="MB" />
        <NumberInput name="timeoutMs" hint={length && t("hint.timeout", { length })} unit="ms" />
        <div className="flex min-w-0 flex-col gap-3">
          <Switch label={t("field.gpu")} checked={values.gpu} onChange={(gpu) => set("gpu", gpu)} />
          {values.gpu && <NumberInput name="gpus" hint={t("hint.gpus")} />}
        </div>
        <Choice
          name="architecture"
          options={[
            { value: "", label: t("architecture.any") },
            ...ARCHITECTURES.map((value) => ({ value, label: value })),
          ]}
        />
      </div>
      <More fields={["graceMs"]}>
        <NumberInput name="graceMs" hint={t("hint.grace")} unit="ms" />
      </More>
    </Section>
  );
}
