/** The form as whoever runs the template will see it; it can be tried. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { useParameterProblems } from "../hooks/problems";
import { parameterDefaults } from "../model/parameters";
import { ParameterFields } from "./ParameterFields";

export function FormPreview({ parameters }: { parameters: readonly Parameter[] }) {
  const { t } = useTranslation("templates");
  const problems = useParameterProblems();
  const [typed, setTyped] = useState<Record<string, unknown>>({});
  const named = parameters.filter(
    ({ name }, at) => name !== "" && parameters.findIndex((one) => one.name === name) === at,
  );
  const values = { ...parameterDefaults(named), ...typed };
  const shown = named.filter(({ name }) => name in typed);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <p className="text-sm text-muted">{t("preview.intro")}</p>
      <ParameterFields
        prefix="preview"
        parameters={named}
        values={values}
        onChange={(next) => {
          const changed = Object.entries(next).filter(([name, value]) => values[name] !== value);
          const emptied = Object.keys(values).filter((name) => !(name in next));
          setTyped({
            ...typed,
            ...Object.fromEntries(changed),
            ...Object.fromEntries(emptied.map((name) => [name, undefined])),
          });
        }}
        violations={problems(shown, values)}
      />
    </div>
  );
}
