/** The state of the form: the draft, what is wrong with it, and sending it. */
import { createContext, useCallback, useContext, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError, type Violation } from "@/api/problem";
import type { ScheduleOrder } from "@/api/queries/schedules";
import type { SpecHandle } from "@/features/job-form";
import { type Draft, type Field, faultsOf, fieldOf, orderOf } from "../model/draft";

export type Fields = {
  draft: Draft;
  set(change: Partial<Draft>): void;
  /** What is wrong with a field, in words, once it is time to say so. */
  wrong(field: Field): string | undefined;
  /** What is wrong with a template's parameters, by name, once it is time to say so. */
  parameters: Readonly<Record<string, string>>;
  /** Fills in the values that parameters begin with, and drops those of other names. */
  seed(defaults: Readonly<Record<string, unknown>>, names: readonly string[]): void;
  /** Takes note of what is wrong with the parameters, by name. */
  report(problems: Readonly<Record<string, string>>): void;
};

export const FieldsContext = createContext<Fields | null>(null);

export function useFields(): Fields {
  const fields = useContext(FieldsContext);
  if (fields === null) throw new Error("a field stands outside of its form");
  return fields;
}

/** How the server names a parameter of the template. */
export const PARAMETER = "target.parameters.";
const SPEC = "target.spec.";

/** `send` saves an order; what it rejects with is shown in the form. */
export function useScheduleForm(initial: Draft, send: (order: ScheduleOrder) => Promise<unknown>) {
  const { t } = useTranslation("schedules");
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [violations, setViolations] = useState<readonly Violation[]>([]);
  const [problems, report] = useState<Readonly<Record<string, string>>>({});
  const [jobWrong, setJobWrong] = useState(false);
  const [sending, setSending] = useState(false);
  // The job's part comes in a file of its own: there is nothing to send before it is there.
  const [jobShown, setJobShown] = useState(false);
  const busy = sending || (draft.target === "spec" && !jobShown);
  const job = useRef<SpecHandle>(null);
  const spec = useCallback((handle: SpecHandle | null) => {
    job.current = handle;
    if (handle !== null) setJobShown(true);
  }, []);
  const summary = useRef<HTMLDivElement>(null);
  const faults = faultsOf(draft);
  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setViolations([]);
  };
  const seed = useCallback<Fields["seed"]>((defaults, names) => {
    setDraft((before) => {
      const kept = Object.entries(before.parameters).filter(([name]) => names.includes(name));
      return { ...before, parameters: { ...defaults, ...Object.fromEntries(kept) } };
    });
  }, []);
  const focusSummary = (): void => {
    requestAnimationFrame(() => {
      summary.current?.scrollIntoView({ block: "center" });
      summary.current?.focus({ preventScroll: true });
    });
  };
  async function submit(): Promise<void> {
    if (busy) return;
    setTried(true);
    setError(null);
    setViolations([]);
    const read = draft.target === "spec" ? (job.current?.read() ?? null) : null;
    const noJob = draft.target === "spec" && read === null;
    setJobWrong(noJob);
    const wrongValues = draft.target === "template" && Object.keys(problems).length > 0;
    const order = faults.length > 0 || noJob || wrongValues ? null : orderOf(draft, read);
    if (order === null) return focusSummary();
    setSending(true);
    try {
      await send(order);
    } catch (caught) {
      const said = isApiError(caught) ? caught.violations : [];
      const ofJob = said.filter(({ field }) => field.startsWith(SPEC));
      job.current?.refuse(ofJob.map((one) => ({ ...one, field: one.field.slice(SPEC.length) })));
      setJobWrong(ofJob.length > 0);
      setViolations(said.filter((one) => !ofJob.includes(one)));
      if (said.length === 0) setError(caught);
      focusSummary();
    } finally {
      setSending(false);
    }
  }
  const shown = tried ? faults : [];
  const wrong = (field: Field): string | undefined => {
    const fault = shown.find((one) => one.field === field);
    if (fault !== undefined) return t(`form.fault.${fault.code}`);
    return violations.find(
      (one) => fieldOf(one.field) === field && !one.field.startsWith(PARAMETER),
    )?.message;
  };
  const refused = violations
    .filter(({ field }) => field.startsWith(PARAMETER))
    .map(({ field, message }) => [field.slice(PARAMETER.length), message]);
  const known = tried && draft.target === "template" ? problems : {};
  const parameters: Fields["parameters"] = { ...Object.fromEntries(refused), ...known };
  return {
    draft,
    set,
    wrong,
    parameters,
    problems: known,
    seed,
    report,
    faults: shown,
    violations,
    jobWrong,
    error,
    busy,
    submit,
    spec,
    summary,
  };
}

export type ScheduleFormState = ReturnType<typeof useScheduleForm>;
