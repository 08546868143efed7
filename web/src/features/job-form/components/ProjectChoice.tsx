/** The project that the job belongs to: a choice for whoever may run jobs in more than one. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useProjectNames } from "@/api/queries/projects";
import { useForm } from "../hooks/form";
import { DEFAULTS } from "../model/values";
import { Choice } from "./fields";

/** Projects in which the caller may run jobs, when there is something to choose from. */
export function useProjectChoice(): readonly string[] | null {
  const names = useProjectNames("jobs.run") ?? [];
  return names.length > 1 ? names : null;
}

export function ProjectChoice() {
  const { t } = useTranslation("job-form");
  const { values, set } = useForm();
  const names = useProjectNames("jobs.run");
  const [first] = names ?? [];
  const elsewhere = first !== undefined && !names?.includes(values.project);
  // Whoever may not use the project that a new job begins with begins with one that may be used.
  useEffect(() => {
    if (elsewhere && values.project === DEFAULTS.project) set("project", first);
  }, [elsewhere, first, values.project, set]);
  const choice = useProjectChoice();
  if (choice === null) return null;
  const options = [...new Set([...choice, values.project])];
  return (
    <Choice
      name="project"
      hint={t("hint.project")}
      options={options.map((value) => ({ value, label: value }))}
    />
  );
}
