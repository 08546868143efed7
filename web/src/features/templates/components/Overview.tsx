/** The first tab: the parameters, the job that they fill, and the figures of the last 30 days. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Parameter, Template } from "@/api/queries/templates";
import { CodeView } from "@/components/code/CodeView";
import { Badge } from "@/components/ui/Badge";
import { Card, Facts } from "@/components/ui/Card";
import { Copy } from "@/components/ui/Copy";
import { Link } from "@/components/ui/Link";
import { Moment } from "@/components/ui/Time";
import { textOf } from "../model/text";
import { LastRun, useFigures } from "./figures";

export function Overview({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const text = useMemo(() => textOf(template), [template]);
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card id="parameters" title={t("parameters.title")}>
          <ParameterList parameters={template.parameters} />
        </Card>
        <Card
          id="definition"
          title={t("one.definition")}
          actions={<Copy text={text} what={t("one.definition")} />}
        >
          <CodeView
            code={text}
            language="plain"
            label={`${t("one.definition")}: YAML`}
            placeholders
          />
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Recent template={template} />
        <About template={template} />
      </div>
    </div>
  );
}

function ParameterList({ parameters }: { parameters: readonly Parameter[] }) {
  const { t } = useTranslation("templates");
  if (parameters.length === 0) return <p className="text-muted">{t("run.noParameters")}</p>;
  return (
    <ul aria-label={t("parameters.title")} className="divide-y divide-hairline">
      {parameters.map((parameter) => (
        <li key={parameter.name} className="flex flex-col gap-1 py-2.5 first:pt-0 last:pb-0">
          <span className="flex flex-wrap items-center gap-2">
            <code className="font-mono text-sm font-medium [overflow-wrap:anywhere]">
              {parameter.name}
            </code>
            <Badge>{t(`type.${parameter.type}`)}</Badge>
            {parameter.required === true && <Badge tone="info">{t("cell.required")}</Badge>}
            <Usual parameter={parameter} />
          </span>
          {(parameter.label || parameter.description) && (
            <span className="text-sm text-muted [overflow-wrap:anywhere]">
              {[parameter.label, parameter.description].filter(Boolean).join(" · ")}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Usual({ parameter }: { parameter: Parameter }) {
  const { t } = useTranslation("templates");
  const { default: usual } = parameter;
  if (usual == null) return null;
  return (
    <span className="min-w-0 text-sm text-muted">
      {t("cell.default")}:{" "}
      <code className="font-mono text-text [overflow-wrap:anywhere]">
        {typeof usual === "object" ? usual.secret : String(usual)}
      </code>
    </span>
  );
}

function Recent({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const { share, duration, number } = useFigures();
  const { last_run: last } = template;
  return (
    <Card id="recent" title={t("one.recent")}>
      <Facts
        facts={[
          [
            t("column.last"),
            last === null ? (
              <LastRun key="l" template={template} />
            ) : (
              <Link
                key="l"
                to="/jobs/$jobId"
                params={{ jobId: last.job_id }}
                className="inline-block text-text pointer-coarse:py-2"
              >
                <LastRun template={template} />
              </Link>
            ),
          ],
          [t("runs.count"), number(template.runs_30d)],
          [t("column.success"), share(template.success_rate_30d)],
          [t("column.duration"), duration(template.avg_ms_30d)],
        ]}
      />
    </Card>
  );
}

function About({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const who = (at: string, by: string) => (
    <>
      <Moment at={at} />
      {by !== "" && <span className="block text-sm text-muted">{by}</span>}
    </>
  );
  return (
    <Card id="about" title={t("edit.about")}>
      <Facts
        facts={[
          [common("project.label"), template.project],
          [t("one.updated"), who(template.updated_at, template.updated_by)],
          [t("one.created"), who(template.created_at, template.created_by)],
        ]}
      />
    </Card>
  );
}
