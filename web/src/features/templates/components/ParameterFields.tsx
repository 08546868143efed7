/** The form that a template's parameters make: one field for each, by its type. */
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Input";
import { Checkbox } from "@/components/ui/Toggle";
import { formatNumber } from "@/lib/format";
import type { Values } from "../model/parameters";
import { NumberField, SecretField, StoredSecretField, TextField } from "./ParameterControls";

export type ParameterFieldsProps = {
  parameters: readonly Parameter[];
  /** By name, as they are sent; a parameter that is left out takes its default. */
  values: Values;
  onChange: (values: Record<string, unknown>) => void;
  /** What is wrong, by name. */
  violations?: Readonly<Record<string, string>>;
  /** Sets the ids of two such forms on one page apart. */
  prefix?: string;
  /** A secret can only be one that is stored, by its name. */
  storedSecrets?: boolean;
};

export const parameterId = (name: string, prefix = "parameter"): string => `${prefix}-${name}`;

export function ParameterFields(props: ParameterFieldsProps) {
  const { t } = useTranslation("templates");
  const { parameters, values, onChange, violations = {}, prefix, storedSecrets = false } = props;
  if (parameters.length === 0) return <p className="text-muted">{t("run.noParameters")}</p>;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {parameters.map((parameter) => (
        <ParameterField
          key={parameter.name}
          id={parameterId(parameter.name, prefix)}
          parameter={parameter}
          value={values[parameter.name]}
          error={violations[parameter.name]}
          storedSecrets={storedSecrets}
          onChange={(value) => {
            const { [parameter.name]: _, ...rest } = values;
            onChange(value === undefined ? rest : { ...rest, [parameter.name]: value });
          }}
        />
      ))}
    </div>
  );
}

type FieldProps = {
  id: string;
  parameter: Parameter;
  value: unknown;
  error: string | undefined;
  storedSecrets: boolean;
  onChange: (value: unknown) => void;
};

function ParameterField({ error, ...control }: FieldProps) {
  const { id, parameter, value, onChange } = control;
  const hint = useHint(parameter);
  const label = parameter.label || parameter.name;
  if (parameter.type === "boolean") {
    return (
      <div id={id} tabIndex={-1} className="flex min-w-0 flex-col gap-1">
        <span className="flex min-h-9 items-center pointer-coarse:min-h-11">
          <Checkbox checked={value === true} onChange={onChange}>
            {label}
          </Checkbox>
        </span>
        {hint && <p className="text-sm text-muted">{hint}</p>}
        {error && <p className="text-sm text-failed">{error}</p>}
      </div>
    );
  }
  return (
    <Field
      id={id}
      label={label}
      hint={hint}
      error={error}
      required={parameter.required === true}
      optional={parameter.required !== true && parameter.default == null}
    >
      <Control {...control} />
    </Field>
  );
}

type ControlProps = Omit<FieldProps, "error">;

function Control({ id, parameter, value, storedSecrets, onChange }: ControlProps) {
  const { t } = useTranslation("templates");
  switch (parameter.type) {
    case "integer":
    case "number":
      return <NumberField value={value} onChange={onChange} />;
    case "secret":
      return storedSecrets ? (
        <StoredSecretField value={value} onChange={onChange} />
      ) : (
        <SecretField id={id} value={value} onChange={onChange} />
      );
    case "choice": {
      const choices = parameter.choices ?? [];
      const chosen = value === undefined ? "" : String(value);
      const none = { value: "", label: t("field.choose"), disabled: parameter.required === true };
      return (
        <Select
          value={chosen}
          options={[
            ...(parameter.required === true && chosen !== "" ? [] : [none]),
            ...choices.map((one) => ({ value: one, label: one })),
          ]}
          onChange={(next) => onChange(next === "" ? undefined : next)}
        />
      );
    }
    default:
      return <TextField parameter={parameter} value={value} onChange={onChange} />;
  }
}

/** What the parameter is for, and what it may be. */
function useHint(parameter: Parameter): string {
  const { t, i18n } = useTranslation("templates");
  const number = (value: number | null | undefined) =>
    value == null ? "" : formatNumber(value, i18n.language, 6);
  const { type, description, minimum, maximum, schemes } = parameter;
  const limits = [minimum == null ? "" : number(minimum), maximum == null ? "" : number(maximum)];
  const [least, most] = limits;
  const said = [description ?? ""];
  if (least && most) said.push(t("hint.between", { least, most }));
  else if (least) said.push(t("hint.least", { least }));
  else if (most) said.push(t("hint.most", { most }));
  if (type === "file") {
    const allowed = (schemes ?? []).map((scheme) => `${scheme}://`).join(", ");
    said.push(allowed === "" ? t("hint.path") : t("hint.file", { schemes: allowed }));
  }
  return said.filter((one) => one !== "").join(" ");
}
