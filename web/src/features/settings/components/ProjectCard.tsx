/** One project: its use against its quota, and how long it keeps things. */
import { useTranslation } from "react-i18next";
import type { Project } from "@/api/queries/projects";
import { CapacityBar } from "@/components/charts/CapacityBar";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Link } from "@/components/ui/Link";
import { useRefusal } from "@/components/ui/refusal";
import { formatBytes, formatNumber } from "@/lib/format";

const MIB = 1024 * 1024;

type ProjectCardProps = { project: Project; onEdit(): void };

export function ProjectCard({ project, onEdit }: ProjectCardProps) {
  const { t, i18n } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { name, description, quota, usage, retention } = project;
  const refusal = useRefusal("projects.manage");
  const number = (value: number) => formatNumber(value, i18n.language, 2);
  const size = (mb: number) => formatBytes(mb * MIB, i18n.language);
  const text = (used: number, limit: number | null, write: (value: number) => string) =>
    limit === null
      ? t("projects.unlimited", { used: write(used) })
      : t("projects.of", { used: write(used), limit: write(limit) });
  const kept = (days: number | null) =>
    days === null
      ? t("projects.asServer")
      : t("projects.days", { count: days, formatted: number(days) });
  return (
    <Card
      id={`project-${name}`}
      title={<span className="[overflow-wrap:anywhere]">{name}</span>}
      actions={
        <Button
          size="sm"
          disabledReason={refusal}
          aria-label={t("projects.editOf", { name })}
          onClick={onEdit}
        >
          {common("action.edit")}
        </Button>
      }
    >
      {description !== "" && (
        <p className="pb-3 text-muted [overflow-wrap:anywhere]">{description}</p>
      )}
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-3">
        <CapacityBar
          label={t("projects.running")}
          used={usage.running_jobs}
          limit={quota.running_jobs}
          text={text(usage.running_jobs, quota.running_jobs, number)}
        />
        <CapacityBar
          label={t("projects.cpu")}
          used={usage.cpu}
          limit={quota.cpu}
          text={text(usage.cpu, quota.cpu, number)}
        />
        <CapacityBar
          label={t("projects.memory")}
          used={usage.memory_mb}
          limit={quota.memory_mb}
          text={text(usage.memory_mb, quota.memory_mb, size)}
        />
      </div>
      <p className="mt-3 flex flex-wrap justify-between gap-x-6 gap-y-1 text-sm text-muted">
        <span>
          {Object.values(retention).every((days) => days === null)
            ? t("projects.keptAsServer")
            : t("projects.kept", {
                jobs: kept(retention.job_days),
                logs: kept(retention.log_days),
                audit: kept(retention.audit_days),
              })}
        </span>
        <Link to="/jobs" search={{ project: name }}>
          {t("projects.jobs")}
        </Link>
      </p>
    </Card>
  );
}
