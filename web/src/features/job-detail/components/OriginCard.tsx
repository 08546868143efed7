/** Where the job comes from: its template, its schedule and slot, its trigger, its parameters. */
import { useTranslation } from "react-i18next";
import { Card, Facts } from "@/components/ui/Card";
import { Link } from "@/components/ui/Link";
import { Moment } from "@/components/ui/Time";
import type { Job } from "../model/timeline";

type Origin = NonNullable<Job["origin"]>;

export function OriginCard({ job, origin }: { job: Job; origin: Origin }) {
  const { t } = useTranslation("job-detail");
  const { template, schedule, slot, trigger, parameters, secret_parameters: secrets } = origin;
  const facts: [string, React.ReactNode][] = [];
  if (template !== null)
    facts.push([t("origin.template"), <TemplateLink key="t" origin={origin} />]);
  if (schedule !== null) {
    facts.push([
      t("origin.schedule"),
      <Link key="s" to="/schedules/$scheduleId" params={{ scheduleId: schedule.id }}>
        {schedule.name}
      </Link>,
    ]);
  }
  if (slot !== null) facts.push([t("origin.slot"), <Moment key="m" at={slot} />]);
  if (trigger !== null) facts.push([t("origin.trigger"), trigger]);
  const values = Object.entries(parameters);
  const known = values.length + secrets.length > 0;
  return (
    <Card
      id="origin"
      title={t("origin.title")}
      actions={
        template !== null && (
          <Link
            to="/templates/$templateId/run"
            params={{ templateId: template.id }}
            search={{ job: job.id }}
            className="text-sm pointer-coarse:py-3"
          >
            {t("origin.again")}
          </Link>
        )
      }
    >
      <Facts facts={facts} />
      {known && (
        <>
          <h3 className="mt-4 mb-2 text-muted">{t("origin.parameters")}</h3>
          <dl className="flex flex-col gap-1.5 font-mono text-sm">
            {values.map(([name, value]) => (
              <Parameter key={name} name={name}>
                {String(value)}
              </Parameter>
            ))}
            {secrets.map((name) => (
              <Parameter key={name} name={name}>
                <span title={t("origin.secret")}>••••••••</span>
              </Parameter>
            ))}
          </dl>
        </>
      )}
    </Card>
  );
}

const Parameter = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div className="flex flex-wrap gap-x-2">
    <dt className="text-muted">{name}</dt>
    <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

/** The template that made the job, with the version that it ran. */
export function TemplateLink({ origin }: { origin: Origin }) {
  const { t } = useTranslation("job-detail");
  const { template } = origin;
  if (template === null) return null;
  const { id, name, version } = template;
  return (
    <Link
      to="/templates/$templateId"
      params={{ templateId: id }}
      search={{ tab: "versions", version }}
    >
      {t("origin.version", { name, version })}
    </Link>
  );
}
