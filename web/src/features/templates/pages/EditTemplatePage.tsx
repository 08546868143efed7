/** `/templates/$templateId/edit`: the next version of a template. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Template, templateQuery, useChangeTemplate } from "@/api/queries/templates";
import { ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { toast } from "@/components/ui/toast";
import { FormSkeleton } from "../components/FormSkeleton";
import { TemplateForm } from "../components/TemplateForm";

const route = getRouteApi("/shell/templates/$templateId/edit");

export default function EditTemplatePage() {
  const { t } = useTranslation("templates");
  const { templateId } = route.useParams();
  const { data, error, refetch } = useQuery({ ...templateQuery(templateId), staleTime: 0 });
  const back = { to: `/templates/${templateId}`, label: data?.name ?? t("title") };
  return (
    <Page
      title={data === undefined ? t("edit.title") : t("edit.titleOf", { name: data.name })}
      back={back}
    >
      {data !== undefined && (
        <Suspense fallback={<FormSkeleton />}>
          <Edit template={data} />
        </Suspense>
      )}
      {data === undefined && error === null && <FormSkeleton />}
      {data === undefined && error !== null && (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function Edit({ template: read }: { template: Template }) {
  // The version that the form began with: what is stored on top of a newer one is refused.
  const [template] = useState(read);
  const { t } = useTranslation("templates");
  const navigate = useNavigate();
  const { mutateAsync } = useChangeTemplate();
  return (
    <TemplateForm
      key={template.id}
      start={template}
      exists
      save={async (order) => {
        const made = await mutateAsync({ key: template.id, ...order, version: template.version });
        await navigate({ to: "/templates/$templateId", params: { templateId: template.id } });
        toast.done(t("edit.saved", { name: made.name, version: made.version }));
      }}
    />
  );
}
