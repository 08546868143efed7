/** One field of a schema as a control; lists, maps and groups hold further ones. */
import { useTranslation } from "react-i18next";
import { Field as Frame } from "@/components/ui/Field";
import { Input, NumberWithUnit, Select, Textarea } from "@/components/ui/Input";
import { Switch } from "@/components/ui/Toggle";
import { formatNumber } from "@/lib/format";
import { controlId, useIssue, useWords } from "../hooks/form";
import type { Draft } from "../model/draft";
import type { ChoiceField, Field, NumberField } from "../model/schema";
import { GroupFields } from "./GroupFields";
import { RowsField } from "./RowsField";
import { StoredField } from "./StoredField";

export type FieldProps<F extends Field = Field> = {
  field: F;
  path: string;
  value: Draft;
  onChange(value: Draft): void;
  /** In place of the field's own title: entries of lists have none. */
  label?: string;
};

export function SchemaField(props: FieldProps) {
  const { field, value, onChange } = props;
  if (typeof value === "object") {
    if (value.kind === "stored") return <StoredField {...props} value={value} />;
    if (value.kind === "rows" && (field.kind === "list" || field.kind === "map")) {
      return <RowsField {...props} field={field} value={value} />;
    }
    if (value.kind === "group" && field.kind === "group") {
      return <GroupFields {...props} field={field} value={value} />;
    }
    return null;
  }
  if (typeof value === "boolean") return <Flag {...props} value={value} onChange={onChange} />;
  return <Typed {...props} value={value} />;
}

function Flag({ field, value, onChange, label }: FieldProps & { value: boolean }) {
  const { title, description } = useWords(field);
  return <Switch checked={value} onChange={onChange} label={label ?? title} hint={description} />;
}

function Typed({ field, path, value, onChange, label }: FieldProps & { value: string }) {
  const { title, description } = useWords(field);
  const error = useIssue(path);
  const limits = useLimits();
  const hint = [description, field.kind === "number" ? limits(field) : ""]
    .filter((part) => part !== "")
    .join(" ");
  return (
    <Frame
      id={controlId(path)}
      label={label ?? title}
      hint={hint}
      error={error}
      required={field.required}
      optional={!field.required && !("fallback" in field && field.fallback)}
    >
      <Control field={field} value={value} onChange={onChange} />
    </Frame>
  );
}

type ControlProps = { field: Field; value: string; onChange(value: string): void };

function Control({ field, value, onChange }: ControlProps) {
  switch (field.kind) {
    case "choice":
      return <Choice field={field} value={value} onChange={onChange} />;
    case "number":
      return field.unit === "" ? (
        <Input
          inputMode="decimal"
          className="numeric"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <NumberWithUnit value={value} onChange={onChange} unit={field.unit} />
      );
    case "json":
      return (
        <Textarea
          className="font-mono text-sm"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      return (
        <Input
          type={field.hidden ? "password" : "text"}
          autoComplete={field.hidden ? "new-password" : "off"}
          autoCapitalize="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

function Choice({ field, value, onChange }: ControlProps & { field: ChoiceField }) {
  const { t, i18n } = useTranslation("providers");
  const name = (option: string): string => {
    const key = `options.${field.words}.${option}`;
    return i18n.exists(key, { ns: "providers" }) ? t(key as never) : option;
  };
  const options = field.options.map((option) => ({ value: option, label: name(option) }));
  const none = field.fallback === "" ? [{ value: "", label: "–" }] : [];
  return <Select value={value} onChange={onChange} options={[...none, ...options]} />;
}

/** The limits of a number in words: "From 1 to 1,000." */
function useLimits(): (field: NumberField) => string {
  const { t, i18n } = useTranslation("providers");
  return ({ low, high, above }) => {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return "";
    const number = (value: number) => formatNumber(value, i18n.language, 3);
    return t(above ? "limit.above" : "limit.range", { low: number(low), high: number(high) });
  };
}
