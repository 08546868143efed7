/** The project that a section is about, where there is more than one. */
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Input";

type Props = { section: string; project: string; projects: readonly string[] };

export function ProjectSelect({ section, project, projects }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  if (projects.length < 2) return null;
  return (
    <Field label={t("project.label")} className="pb-4 sm:w-72">
      <Select
        value={project}
        options={projects.map((one) => ({ value: one, label: one }))}
        onChange={(next) =>
          void navigate({
            to: "/settings/$section",
            params: { section },
            search: { project: next },
          })
        }
      />
    </Field>
  );
}
