/** Projects: what each may use at once, what it uses, and how long its jobs are kept. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Project, projectsQuery } from "@/api/queries/projects";
import { Button } from "@/components/ui/Button";
import { useRefusal } from "@/components/ui/refusal";
import { ProjectCard } from "./ProjectCard";
import { Intro, Loaded } from "./Section";

const ProjectSheet = lazy(() => import("./ProjectSheet"));

export default function Projects() {
  const { t } = useTranslation("settings");
  const query = useQuery({ ...projectsQuery(), staleTime: 0, refetchInterval: 15_000 });
  const [opened, setOpened] = useState<Project | "new" | null>(null);
  const refusal = useRefusal("projects.manage");
  return (
    <>
      <Intro
        action={
          <Button
            look="primary"
            icon={Plus}
            disabledReason={refusal}
            onClick={() => setOpened("new")}
          >
            {t("projects.new")}
          </Button>
        }
      >
        {t("projects.intro")}
      </Intro>
      <Loaded query={query}>
        {({ items }: { items: readonly Project[] }) => (
          <ul className="flex flex-col gap-4">
            {items.map((project) => (
              <li key={project.name}>
                <ProjectCard project={project} onEdit={() => setOpened(project)} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Suspense>
        {opened !== null && (
          <ProjectSheet
            project={opened === "new" ? undefined : opened}
            onClose={() => setOpened(null)}
          />
        )}
      </Suspense>
    </>
  );
}
