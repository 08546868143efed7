/** How it runs: its rule, its policies and what it runs. */
import { useTranslation } from "react-i18next";
import type { Schedule, Target } from "@/api/queries/schedules";
import { Card, Facts } from "@/components/ui/Card";
import { type Json, JsonTree } from "@/components/ui/JsonTree";
import { Link } from "@/components/ui/Link";
import { Moment, RelativeTime } from "@/components/ui/Time";
import { formatDuration, formatNumber } from "@/lib/format";

export function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { t, i18n } = useTranslation("schedules");
  const { t: common } = useTranslation();
  const { rule, jitter_ms: jitter, starts_at: starts, ends_at: ends } = schedule;
  const span = (ms: number) => formatDuration(ms, i18n.language);
  const limit = (text: string, count: number) => `${text} (${formatNumber(count, i18n.language)})`;
  const overlap = t(`form.overlapOption.${schedule.overlap}`);
  const catchUp = t(`form.catchUpOption.${schedule.catch_up.policy}`);
  const by = (name: string) => (name === "" ? "" : ` · ${name}`);
  return (
    <Card id="facts" title={t("detail.facts")}>
      <Facts
        facts={[
          [t("detail.target"), <TargetFact key="target" target={schedule.target} />],
          [
            t("detail.rule"),
            rule.kind === "cron" ? (
              <code key="rule" className="font-mono text-sm">
                {rule.expression}
              </code>
            ) : rule.kind === "interval" ? (
              span(rule.every_ms)
            ) : (
              <Moment key="rule" at={rule.at} />
            ),
          ],
          [t("detail.zone"), schedule.zone],
          [
            t("detail.overlap"),
            schedule.overlap === "queue" ? limit(overlap, schedule.queue_limit) : overlap,
          ],
          [
            t("detail.catchUp"),
            schedule.catch_up.policy === "all" ? limit(catchUp, schedule.catch_up.limit) : catchUp,
          ],
          ...(jitter > 0 ? [[t("detail.jitter"), span(jitter)] as const] : []),
          ...(starts === null
            ? []
            : [[t("detail.starts"), <Moment key="s" at={starts} />] as const]),
          ...(ends === null ? [] : [[t("detail.ends"), <Moment key="e" at={ends} />] as const]),
          [t("detail.running"), formatNumber(schedule.running_jobs, i18n.language)],
          [common("project.label"), schedule.project],
          [
            t("detail.made"),
            <span key="made">
              <RelativeTime at={schedule.created_at} />
              {by(schedule.created_by)}
            </span>,
          ],
          [
            t("detail.changed"),
            <span key="changed">
              <RelativeTime at={schedule.updated_at} />
              {by(schedule.updated_by)}
            </span>,
          ],
        ]}
      />
    </Card>
  );
}

function TargetFact({ target }: { target: Target }) {
  const { t } = useTranslation("schedules");
  if ("spec" in target) {
    return (
      <details>
        <summary className="cursor-pointer py-0.5 pointer-coarse:py-3">{t("detail.job")}</summary>
        <JsonTree value={target.spec as Json} />
      </details>
    );
  }
  return <TemplateFact target={target} />;
}

function TemplateFact({ target }: { target: Extract<Target, { template: string }> }) {
  const { t } = useTranslation("schedules");
  const { template, template_id: id, version, parameters } = target;
  return (
    <>
      <Link to="/templates/$templateId" params={{ templateId: id }}>
        {t("detail.template", { name: template })}
      </Link>
      <span className="text-muted">
        {" · "}
        {version === null ? t("detail.newest") : t("detail.version", { version })}
      </span>
      {Object.keys(parameters).length > 0 && (
        <div className="pt-1">
          <JsonTree value={parameters as Json} />
        </div>
      )}
    </>
  );
}
