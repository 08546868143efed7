/** The form's fields: each one ties a value, its label, hint and error together. */
import { type ReactNode, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/Field";
import { Input, NumberWithUnit, Select, Textarea } from "@/components/ui/Input";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import { namesIn, placeholder, wholeName } from "@/lib/placeholders";
import { controlId, useForm } from "../hooks/form";
import type { FieldId, Issue } from "../model/issues";
import type { FieldName, FormValues } from "../model/values";

/** An issue in words, its numbers as the language writes them. */
export function useIssueText(): (issue: Issue) => string {
  const { t, i18n } = useTranslation("job-form");
  return useCallback(
    ({ code, params = {} }: Issue) => {
      const shown = Object.entries(params).map(([name, value]) => [
        name,
        typeof value === "number" ? formatNumber(value, i18n.language, 2) : value,
      ]);
      return t(`issue.${code}`, Object.fromEntries(shown));
    },
    [t, i18n.language],
  );
}

/** The error of a field in words, when there is one to show. */
export function useFieldError(): (field: FieldId) => string | undefined {
  const { issueOf } = useForm();
  const text = useIssueText();
  return (field) => {
    const issue = issueOf(field);
    return issue === undefined ? undefined : text(issue);
  };
}

/** How a text with a placeholder looks in a template. */
function useMark(): (text: string) => string | false {
  const { template } = useForm();
  return (text) => template !== null && namesIn(text).length > 0 && "font-mono text-assigned";
}

/** Names of the fields that hold text. */
export type TextField = {
  [F in FieldName]: FormValues[F] extends string
    ? string extends FormValues[F]
      ? F
      : never
    : never;
}[FieldName];

type Common = { name: TextField; hint?: ReactNode; optional?: boolean; className?: string };

export function TextInput({
  name,
  hint,
  optional,
  className,
  mono = false,
  list,
  required,
}: Common & { mono?: boolean; list?: readonly string[]; required?: boolean }) {
  const { t } = useTranslation("job-form");
  const { values, set, leave } = useForm();
  const error = useFieldError()(name);
  const mark = useMark();
  const listId = list === undefined ? undefined : `${controlId(name)}-list`;
  return (
    <Field
      id={controlId(name)}
      label={t(`field.${name}`)}
      hint={hint}
      error={error}
      optional={optional ?? false}
      required={required ?? false}
      {...(className === undefined ? {} : { className })}
    >
      <Input
        value={values[name]}
        onChange={(event) => set(name, event.target.value)}
        onBlur={() => leave(name)}
        list={listId}
        autoCapitalize="off"
        className={cn(mono && "font-mono", mark(values[name]))}
      />
      {list !== undefined && (
        <datalist id={listId}>
          {list.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

export function NumberInput({ name, hint, optional, unit }: Common & { unit?: string }) {
  const { t } = useTranslation("job-form");
  const { values, set, leave } = useForm();
  const error = useFieldError()(name);
  const mark = useMark();
  const shared = { value: values[name], onBlur: () => leave(name) };
  return (
    <Field
      id={controlId(name)}
      label={t(`field.${name}`)}
      hint={hint}
      error={error}
      optional={optional ?? false}
    >
      {unit === undefined ? (
        <Input
          {...shared}
          inputMode="decimal"
          className={cn("numeric", mark(values[name]))}
          onChange={(event) => set(name, event.target.value)}
        />
      ) : (
        <NumberWithUnit
          {...shared}
          unit={unit}
          onChange={(value) => set(name, value)}
          {...(mark(values[name]) !== false && { className: "[&_input]:text-assigned" })}
        />
      )}
    </Field>
  );
}

export function TextArea({ name, hint, optional, rows = 3 }: Common & { rows?: number }) {
  const { t } = useTranslation("job-form");
  const { values, set, leave } = useForm();
  const error = useFieldError()(name);
  const mark = useMark();
  return (
    <Field
      id={controlId(name)}
      label={t(`field.${name}`)}
      hint={hint}
      error={error}
      optional={optional ?? false}
    >
      <Textarea
        rows={rows}
        value={values[name]}
        onChange={(event) => set(name, event.target.value)}
        onBlur={() => leave(name)}
        className={cn("font-mono text-sm", mark(values[name]))}
      />
    </Field>
  );
}

type ChoiceName =
  | "type"
  | "network"
  | "architecture"
  | "provider"
  | "region"
  | "priority"
  | "project";

type ChoiceProps<N extends ChoiceName> = {
  name: N;
  hint?: ReactNode;
  options: readonly { value: FormValues[N] & string; label: string }[];
};

export function Choice<N extends ChoiceName>({ name, hint, options }: ChoiceProps<N>) {
  const { t } = useTranslation("job-form");
  const { template, values, set } = useForm();
  const error = useFieldError()(name);
  const value = values[name];
  const written = wholeName(value);
  const names = template === null || name === "type" ? [] : [...template.parameters];
  // One that a parameter no longer bears stays in sight.
  if (written !== null && !names.includes(written)) names.push(written);
  const more = names.map(placeholder).filter((one) => options.every((o) => o.value !== one));
  return (
    <Field id={controlId(name)} label={t(`field.${name}`)} hint={hint} error={error}>
      <Select
        value={written === null ? value : placeholder(written)}
        options={[...options, ...more.map((one) => ({ value: one, label: one }))]}
        onChange={(value) => set(name, value as FormValues[N])}
      />
    </Field>
  );
}
