/** `/templates/$templateId/run`: the form that the parameters make, and what it would lead to. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { type Job, jobQuery } from "@/api/queries/jobs";
import { type Template, templateQuery } from "@/api/queries/templates";
import { ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { FormSkeleton } from "../components/FormSkeleton";
import { RunForm } from "../components/RunForm";
import { parameterDefaults } from "../model/parameters";

const route = getRouteApi("/shell/templates/$templateId/run");

export default function RunTemplatePage() {
  const { t } = useTranslation("templates");
  const { templateId } = route.useParams();
  const { version, job } = route.useSearch();
  const { data, error, refetch } = useQuery(templateQuery(templateId, version));
  const source = useQuery({ ...jobQuery(job ?? ""), enabled: job !== undefined });
  const waits = data === undefined || (job !== undefined && source.isPending);
  return (
    <Page
      title={data === undefined ? t("run.title") : t("run.of", { name: data.name })}
      back={{ to: `/templates/${templateId}`, label: data?.name ?? t("title") }}
      intro={data?.description || undefined}
    >
      {data === undefined && error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : waits ? (
        <FormSkeleton />
      ) : (
        // The words of the plan come with the form.
        <Suspense fallback={<FormSkeleton />}>
          <RunForm
            key={`${data.id}/${data.version}`}
            template={data}
            version={version}
            start={startOf(data, source.data)}
          />
        </Suspense>
      )}
    </Page>
  );
}

/** The defaults, and what an earlier run was given, as far as the parameters are still there. */
function startOf(template: Template, job: Job | undefined): Record<string, unknown> {
  const values = parameterDefaults(template.parameters);
  for (const { name } of template.parameters) {
    const before = job?.origin?.parameters[name];
    if (before !== undefined) values[name] = before;
  }
  return values;
}
