/** Webhooks of a project: who is told of what happens to jobs; or one of them with what was sent. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/queries/projects";
import { usePermission } from "@/api/queries/system";
import { webhooksQuery } from "@/api/queries/webhooks";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState, Forbidden } from "@/components/ui/feedback";
import { RowList } from "@/components/ui/RowList";
import { useRefusal } from "@/components/ui/refusal";
import { useProjectOf } from "../hooks/project";
import { ProjectSelect } from "./ProjectSelect";
import { Intro, Loaded } from "./Section";
import { WebhookRow } from "./WebhookRow";

const Deliveries = lazy(() => import("./Deliveries"));
const WebhookSheet = lazy(() => import("./WebhookSheet"));
const route = getRouteApi("/shell/settings/$section");

export default function Notifications() {
  const { webhook } = route.useSearch();
  const query = useQuery(projectsQuery());
  if (webhook !== undefined) {
    return (
      <Suspense>
        <Deliveries key={webhook} id={webhook} />
      </Suspense>
    );
  }
  return (
    <Loaded query={query}>
      {({ items }) => <OfProject projects={items.map(({ name }) => name)} />}
    </Loaded>
  );
}

function OfProject({ projects }: { projects: readonly string[] }) {
  const { t } = useTranslation("settings");
  const [adding, setAdding] = useState(false);
  const project = useProjectOf(projects);
  const refusal = useRefusal("webhooks.manage", project);
  const readable = usePermission("webhooks.read", project);
  if (project === undefined) return <Forbidden permission="webhooks.read" />;
  return (
    <>
      <Intro
        action={
          <Button
            look="primary"
            icon={Plus}
            disabledReason={refusal}
            onClick={() => setAdding(true)}
          >
            {t("webhooks.new")}
          </Button>
        }
      >
        {t("webhooks.intro")}
      </Intro>
      <ProjectSelect section="notifications" project={project} projects={projects} />
      {readable ? <WebhookList project={project} /> : <Forbidden permission="webhooks.read" />}
      <Suspense>
        {adding && (
          <WebhookSheet project={project} webhook={undefined} onClose={() => setAdding(false)} />
        )}
      </Suspense>
    </>
  );
}

const REREAD_MS = 5000;

function WebhookList({ project }: { project: string }) {
  const { t } = useTranslation("settings");
  const query = useQuery({ ...webhooksQuery(project), refetchInterval: REREAD_MS });
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState icon={WebhookIcon} title={t("webhooks.none")}>
            {t("webhooks.noneText")}
          </EmptyState>
        ) : (
          <Card flush className="overflow-hidden [&>div>ul]:border-0">
            <RowList label={t("section.notifications")}>
              {items.map((webhook) => (
                <WebhookRow key={webhook.id} webhook={webhook} />
              ))}
            </RowList>
          </Card>
        )
      }
    </Loaded>
  );
}
