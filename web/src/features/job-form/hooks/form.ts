/** The form's state: values, what is wrong with them, and which of it is shown already. */
import { createContext, useCallback, useContext, useMemo, useState } from "react";
import { type FieldId, type Issue, issuesOf } from "../model/issues";
import type { FormValues } from "../model/values";

/** What is different where the values are those of a template. */
export type TemplateMode = {
  /** Names of its parameters, which the texts may hold as placeholders. */
  parameters: readonly string[];
  issuesOf: (values: FormValues) => Issue[];
};

export type Form = {
  /** Null: the values are those of a job. */
  template: TemplateMode | null;
  values: FormValues;
  set: <F extends keyof FormValues>(field: F, value: FormValues[F]) => void;
  replace: (values: FormValues) => void;
  /** Marks a field as left, so that what is wrong with it shows. */
  leave: (field: FieldId) => void;
  /** Everything that is wrong now. */
  issues: readonly Issue[];
  /** What is wrong with `field`, once it is time to say so. */
  issueOf: (field: FieldId) => Issue | undefined;
  /** Whether a submission was tried: from then on everything shows. */
  tried: boolean;
  /** Shows everything that is wrong, the server's refusals included. */
  showAll: (refusals: readonly Issue[]) => void;
};

export function useFormState(initial: FormValues, template: TemplateMode | null = null): Form {
  const [values, setValues] = useState(initial);
  const [left, setLeft] = useState<ReadonlySet<FieldId>>(new Set());
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<{ of: FormValues; issues: readonly Issue[] } | null>(null);

  const set: Form["set"] = useCallback((field, value) => {
    setValues((before) => ({ ...before, [field]: value }));
  }, []);
  const replace = useCallback((next: FormValues) => {
    setValues(next);
    setLeft(new Set());
    setTried(false);
    setRefused(null);
  }, []);
  const leave = useCallback((field: FieldId) => {
    setLeft((before) => (before.has(field) ? before : new Set(before).add(field)));
  }, []);

  const issues = useMemo(() => {
    const own = (template?.issuesOf ?? issuesOf)(values);
    // A refusal is about the values that were sent: changing a field answers for it.
    const theirs = refused?.issues.filter((issue) => stands(issue, refused.of, values)) ?? [];
    return [...own, ...theirs];
  }, [values, refused, template]);

  const issueOf = useCallback(
    (field: FieldId) => {
      const found = issues.find((issue) => issue.field === field);
      const shown = tried || left.has(field) || found?.code === "server";
      return shown ? found : undefined;
    },
    [issues, tried, left],
  );
  const showAll = useCallback(
    (refusals: readonly Issue[]) => {
      setTried(true);
      setRefused(refusals.length > 0 ? { of: values, issues: refusals } : null);
    },
    [values],
  );
  return { template, values, set, replace, leave, issues, issueOf, tried, showAll };
}

function stands(issue: Issue, before: FormValues, now: FormValues): boolean {
  const [field = ""] = issue.field.split(".");
  if (field === "" || !(field in now)) return before === now;
  const name = field as keyof FormValues;
  return before[name] === now[name];
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (form === null) throw new Error("a field stands outside of its form");
  return form;
}

/** The id of a field's control in the document. */
export const controlId = (field: FieldId): string => `job-${field.replaceAll(".", "-")}`;
