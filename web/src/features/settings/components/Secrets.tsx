/** Secrets of a project: names and dates; no value is ever shown. */
import { useQuery } from "@tanstack/react-query";
import { LockKeyhole, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { projectsQuery, type Secret, secretsQuery } from "@/api/queries/projects";
import { usePermission } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState, Forbidden } from "@/components/ui/feedback";
import { RowList } from "@/components/ui/RowList";
import { useRefusal } from "@/components/ui/refusal";
import { useProjectOf } from "../hooks/project";
import { ProjectSelect } from "./ProjectSelect";
import { SecretRow } from "./SecretRow";
import { Intro, Loaded } from "./Section";

const SecretDialog = lazy(() => import("./SecretDialog"));

export default function Secrets() {
  const query = useQuery(projectsQuery());
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
  const refusal = useRefusal("secrets.manage", project);
  const readable = usePermission("secrets.read", project);
  if (project === undefined) return <Forbidden permission="secrets.read" />;
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
            {t("secrets.new")}
          </Button>
        }
      >
        {t("secrets.intro")}
      </Intro>
      <ProjectSelect section="secrets" project={project} projects={projects} />
      {readable ? <SecretList project={project} /> : <Forbidden permission="secrets.read" />}
      <Suspense>
        {adding && <SecretDialog project={project} onClose={() => setAdding(false)} />}
      </Suspense>
    </>
  );
}

function SecretList({ project }: { project: string }) {
  const { t } = useTranslation("settings");
  const query = useQuery(secretsQuery(project));
  return (
    <Loaded query={query}>
      {({ items }: { items: readonly Secret[] }) =>
        items.length === 0 ? (
          <EmptyState icon={LockKeyhole} title={t("secrets.none", { project })}>
            {t("secrets.noneText")}
          </EmptyState>
        ) : (
          <Card flush className="overflow-hidden [&>div>ul]:border-0">
            <RowList label={t("section.secrets")}>
              {items.map((secret) => (
                <SecretRow key={secret.name} secret={secret} />
              ))}
            </RowList>
          </Card>
        )
      }
    </Loaded>
  );
}
