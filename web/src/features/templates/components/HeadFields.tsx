/** What a template is called, what it is for, and the project that it belongs to. */
import { useTranslation } from "react-i18next";
import { useProjectNames } from "@/api/queries/projects";
import { Field } from "@/components/ui/Field";
import { Input, Select } from "@/components/ui/Input";
import type { Head, TemplateForm } from "../hooks/template-form";

type Props = { form: TemplateForm; exists: boolean };

export function HeadFields({ form, exists }: Props) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const { head, setHead, headError, leave } = form;
  const projects = useProjectNames("templates.manage") ?? [];
  const text = (field: Exclude<keyof Head, "project">, hint: string) => (
    <Field
      id={`template-${field}`}
      label={t(`head.${field}`)}
      hint={hint}
      error={headError(field)}
      required={field === "name"}
      optional={field !== "name"}
    >
      <Input
        value={head[field]}
        autoCapitalize="off"
        onBlur={() => leave(field)}
        onChange={(event) => setHead({ [field]: event.target.value })}
      />
    </Field>
  );
  return (
    <>
      {text("name", t("headHint.name"))}
      {text("description", t("headHint.description"))}
      {text("tags", t("headHint.tags"))}
      {!exists && projects.length > 1 && (
        <Field id="template-project" label={common("project.label")} error={headError("project")}>
          <Select
            value={head.project}
            options={[...new Set([...projects, head.project])].map((value) => ({
              value,
              label: value,
            }))}
            onChange={(project) => setHead({ project })}
          />
        </Field>
      )}
    </>
  );
}
