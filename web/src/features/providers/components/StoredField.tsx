/** A value that the server keeps and never shows: leave it, replace it, or remove it. */
import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { SegmentedControl } from "@/components/ui/Tabs";
import { controlId, useWords } from "../hooks/form";
import type { Stored } from "../model/draft";
import { type FieldProps, SchemaField } from "./SchemaField";

export function StoredField(props: Omit<FieldProps, "value"> & { value: Stored }) {
  const { field, path, value, onChange, label } = props;
  const { t } = useTranslation("providers");
  const { title } = useWords(field);
  const name = label ?? title;
  return (
    <fieldset
      id={value.choice === "replace" ? undefined : controlId(path)}
      tabIndex={-1}
      className="flex min-w-0 flex-col gap-2"
    >
      <legend className="float-left flex items-center gap-1.5 text-sm font-medium">
        <KeyRound size={14} aria-hidden className="text-subtle" />
        {name}
      </legend>
      <p className="text-sm text-muted">{t("stored.hint")}</p>
      <SegmentedControl
        label={t("stored.label", { what: name })}
        value={value.choice}
        onChange={(choice) => onChange({ ...value, choice })}
        options={(["keep", "replace", "remove"] as const).map((choice) => ({
          value: choice,
          label: t(`stored.${choice}`),
        }))}
        className="self-start"
      />
      {value.choice === "replace" && (
        <SchemaField
          field={{ ...field, required: true }}
          path={path}
          value={value.value}
          onChange={(next) => onChange({ ...value, value: next })}
          label={t("stored.new", { what: name })}
        />
      )}
    </fieldset>
  );
}
