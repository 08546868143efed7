/** The job that a run would be, with its parameters in place. */
import { useTranslation } from "react-i18next";
import type { TemplateSpec } from "@/api/queries/templates";
import { CodeView } from "@/components/code/CodeView";
import { toYaml } from "@/features/job-form";

export function Rendered({ spec }: { spec: TemplateSpec | undefined }) {
  const { t } = useTranslation("templates");
  if (spec === undefined) return <p className="text-muted">{t("run.incomplete")}</p>;
  return (
    <CodeView
      code={toYaml(said(spec) as Parameters<typeof toYaml>[0]).trimEnd()}
      language="plain"
      label={`${t("run.rendered")}: YAML`}
      className="max-h-96 [&_pre]:text-xs"
    />
  );
}

/** Without what is nothing: null, an empty text, a map or list without entries. */
function said(data: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(data).map(([name, value]): [string, unknown] => [
    name,
    isMap(value) ? said(value) : value,
  ]);
  return Object.fromEntries(
    entries.filter(
      ([, value]) =>
        value !== null &&
        value !== "" &&
        !(typeof value === "object" && Object.keys(value as object).length === 0),
    ),
  );
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
