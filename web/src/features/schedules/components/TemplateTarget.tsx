/** A template to run: which one, which version of it, with which parameters. */
import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Parameter, templateQuery, templatesQuery } from "@/api/queries/templates";
import { Field } from "@/components/ui/Field";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Select } from "@/components/ui/Input";
import { ParameterFields, parameterDefaults, useParameterProblems } from "@/features/templates";
import { useFields } from "../hooks/form";

export default function TemplateTarget() {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  const { data, error, refetch } = useQuery(templatesQuery({ project: draft.project }));
  const listed = data?.items.find(({ id, name }) => [id, name].includes(draft.template));
  // The list ends somewhere; what it does not reach is asked for by itself.
  const beyond = useQuery({
    ...templateQuery(draft.template),
    enabled: data !== undefined && listed === undefined && draft.template !== "",
  });
  if (data === undefined || beyond.isLoading) {
    return error === null ? (
      <Loading>
        <Skeleton className="h-20" />
      </Loading>
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  }
  const chosen = listed ?? beyond.data;
  if (data.items.length === 0 && draft.template === "") {
    return <p className="text-muted">{t("form.noTemplates")}</p>;
  }
  const gone = draft.template !== "" && chosen === undefined;
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="schedule-target" label={t("form.template")} error={wrong("target")} required>
          <Select
            value={chosen?.id ?? draft.template}
            onChange={(template) => set({ template, version: "", parameters: {} })}
            options={[
              ...(draft.template === "" ? [{ value: "", label: t("form.choose") }] : []),
              ...(gone ? [{ value: draft.template, label: t("form.gone") }] : []),
              ...(listed === undefined && beyond.data !== undefined
                ? [{ value: beyond.data.id, label: beyond.data.name }]
                : []),
              ...data.items.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        </Field>
        {chosen !== undefined && (
          <Field
            id="schedule-target_version"
            label={t("form.version")}
            error={wrong("target_version")}
          >
            <Select
              value={draft.version}
              onChange={(version) => set({ version })}
              options={[
                { value: "", label: t("form.newest") },
                ...Array.from({ length: chosen.version }, (_, index) => {
                  const version = chosen.version - index;
                  return { value: String(version), label: t("form.versionOption", { version }) };
                }),
              ]}
            />
          </Field>
        )}
      </div>
      {chosen !== undefined && <Parameters template={chosen.id} />}
    </>
  );
}

function Parameters({ template }: { template: string }) {
  const { draft } = useFields();
  const version = draft.version === "" ? undefined : Number(draft.version);
  const { data, error, refetch } = useQuery(templateQuery(template, version));
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const waiting = (
    <Loading>
      <Skeleton className="h-24" />
    </Loading>
  );
  if (data === undefined) return waiting;
  return (
    <Suspense fallback={waiting}>
      <Filled key={`${data.id} ${data.version}`} parameters={data.parameters} />
    </Suspense>
  );
}

/** The fields, which begin with the defaults; what is wrong in them is told to the form. */
function Filled({ parameters }: { parameters: readonly Parameter[] }) {
  const { draft, set, seed, report, parameters: violations } = useFields();
  const check = useParameterProblems();
  const problems = useMemo(
    () => check(parameters, draft.parameters),
    [check, parameters, draft.parameters],
  );
  useEffect(() => {
    const names = parameters.map(({ name }) => name);
    seed(parameterDefaults(parameters), names);
  }, [seed, parameters]);
  useEffect(() => {
    report(problems);
    return () => report({});
  }, [report, problems]);
  if (parameters.length === 0) return null;
  return (
    <ParameterFields
      parameters={parameters}
      values={draft.parameters}
      onChange={(values) => set({ parameters: values })}
      violations={violations}
      storedSecrets
    />
  );
}
