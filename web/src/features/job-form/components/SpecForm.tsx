/** What a job is, without a button of its own: for whatever keeps a job to run it later. */
import { useQuery } from "@tanstack/react-query";
import { type Ref, useImperativeHandle, useRef } from "react";
import { useTranslation } from "react-i18next";
import { providersQuery } from "@/api/queries/providers";
import type { StoredSpec } from "@/api/spec";
import { FormContext, useFormState } from "../hooks/form";
import { type JobSpec, specOf, valuesOf } from "../model/spec";
import { DEFAULTS } from "../model/values";
import { issuesFrom, type Violation } from "../model/violations";
import { CommandSection } from "./CommandSection";
import { EnvironmentSection } from "./EnvironmentSection";
import { ErrorSummary } from "./ErrorSummary";
import { TextInput } from "./fields";
import { PreferencesSection } from "./PreferencesSection";
import { ResourcesSection } from "./ResourcesSection";
import { Section } from "./Section";

export type SpecHandle = {
  /** The job; null when something is wrong with it, which then shows. */
  read(): Omit<JobSpec, "project"> | null;
  /** Shows what the server refused, fields named from the job on. */
  refuse(violations: readonly Violation[]): void;
};

type Props = { initial: StoredSpec | null; handle: Ref<SpecHandle> };

export function SpecForm({ initial, handle }: Props) {
  const { t } = useTranslation("job-form");
  const form = useFormState(initial === null ? DEFAULTS : valuesOf(initial));
  const summary = useRef<HTMLDivElement>(null);
  const { data: providers } = useQuery(providersQuery());
  const items = providers?.items ?? [];
  const images =
    providers === undefined
      ? null
      : items.some((one) => one.enabled && one.capabilities?.images === true);
  useImperativeHandle(handle, () => ({
    read() {
      const wrong = form.issues.some((issue) => issue.code !== "server");
      form.showAll([]);
      if (wrong) return null;
      const { project: _, ...spec } = specOf(form.values);
      return spec;
    },
    refuse: (violations) => form.showAll(issuesFrom(violations, form.values)),
  }));
  return (
    <FormContext value={form}>
      <div className="flex min-w-0 flex-col gap-4">
        <ErrorSummary box={summary} error={null} />
        <Section number={1} name="basic">
          <TextInput name="name" hint={t("hint.name")} required />
        </Section>
        <CommandSection />
        <EnvironmentSection images={images} />
        <ResourcesSection />
        <PreferencesSection providers={items} kept />
      </div>
    </FormContext>
  );
}
