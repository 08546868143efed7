/** `/templates/new`: a template from nothing, or from another one. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useProjectNames } from "@/api/queries/projects";
import { type Template, templateQuery, useCreateTemplate } from "@/api/queries/templates";
import { ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { toast } from "@/components/ui/toast";
import { FormSkeleton } from "../components/FormSkeleton";
import { TemplateForm } from "../components/TemplateForm";

const route = getRouteApi("/shell/templates/new");

export default function NewTemplatePage() {
  const { t } = useTranslation("templates");
  const { from, version } = route.useSearch();
  const source = useQuery({ ...templateQuery(from ?? "", version), enabled: from !== undefined });
  const projects = useProjectNames("templates.manage");
  const waits = projects === undefined || (from !== undefined && source.isPending);
  const [first = "default"] = projects ?? [];
  const project = projects?.includes("default") === false ? first : "default";
  return (
    <Page title={t("edit.newTitle")} back={{ to: "/templates", label: t("title") }}>
      {source.isError && <ErrorState error={source.error} onRetry={() => void source.refetch()} />}
      {waits && !source.isError && <FormSkeleton />}
      {!waits && !source.isError && (
        <Suspense fallback={<FormSkeleton />}>
          <New source={source.data} project={project} />
        </Suspense>
      )}
    </Page>
  );
}

function New({ source, project }: { source: Template | undefined; project: string }) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate();
  const { mutateAsync } = useCreateTemplate();
  const start =
    source === undefined
      ? { name: "", description: "", tags: [], project, spec: null, parameters: [] }
      : { ...source, name: `${source.name}-2`.slice(-100) };
  return (
    <TemplateForm
      key={source?.id}
      start={start}
      exists={false}
      save={async (order) => {
        const made = await mutateAsync(order);
        await navigate({ to: "/templates/$templateId", params: { templateId: made.id } });
        toast.done(t("edit.created", { name: made.name }));
      }}
    />
  );
}
