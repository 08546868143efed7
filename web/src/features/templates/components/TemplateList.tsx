/** The templates: a table, or cards on phones. */
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { TemplateRow } from "@/api/queries/templates";
import { Badge } from "@/components/ui/Badge";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { ButtonLink } from "@/components/ui/Link";
import { useWide } from "@/lib/media";
import { LastRun, useFigures } from "./figures";

type Props = {
  templates: readonly TemplateRow[];
  onTag: (tag: string) => void;
};

const reach =
  "after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus";

export function TemplateList({ templates, onTag }: Props) {
  const { t } = useTranslation("templates");
  const wide = useWide();
  const columns = useColumns(onTag);
  if (!wide) return <Cards templates={templates} />;
  return (
    <div className="rounded-card border border-hairline bg-surface">
      <DataTable
        label={t("title")}
        columns={columns}
        rows={templates}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
      />
    </div>
  );
}

function useColumns(onTag: Props["onTag"]): Column<TemplateRow>[] {
  const { t } = useTranslation("templates");
  const { share, duration, number } = useFigures();
  return [
    {
      id: "name",
      title: t("column.name"),
      width: "minmax(180px, 3fr)",
      cell: ({ id, name, description }) => (
        <span className="flex min-w-0 items-baseline gap-3">
          <Link
            to="/templates/$templateId"
            params={{ templateId: id }}
            preload="intent"
            className={`min-w-0 shrink-0 max-w-full truncate font-medium leading-6 ${reach}`}
          >
            {name}
          </Link>
          <span className="min-w-0 truncate text-sm text-muted">{description}</span>
        </span>
      ),
    },
    {
      id: "version",
      title: t("column.version"),
      width: "88px",
      spare: 3,
      numeric: true,
      cell: ({ version }) => t("version", { version }),
    },
    {
      id: "last",
      title: t("column.last"),
      width: "232px",
      cell: (template) => <LastRun template={template} />,
    },
    {
      id: "runs",
      title: t("column.runs"),
      width: "112px",
      spare: 2,
      numeric: true,
      cell: ({ runs_30d: runs }) => number(runs),
    },
    {
      id: "success",
      title: t("column.success"),
      width: "104px",
      numeric: true,
      cell: ({ success_rate_30d: rate }) => share(rate),
    },
    {
      id: "duration",
      title: t("column.duration"),
      width: "112px",
      spare: 1,
      numeric: true,
      cell: ({ avg_ms_30d: ms }) => duration(ms),
    },
    {
      id: "tags",
      title: t("column.tags"),
      width: "minmax(120px, 1fr)",
      spare: 4,
      cell: ({ tags }) => (
        <span className="flex gap-1">
          {tags.map((tag) => (
            <button
              key={tag}
              type="button"
              title={t("list.onlyTag", { tag })}
              onClick={() => onTag(tag)}
              className="relative z-1 rounded-full"
            >
              <Badge>{tag}</Badge>
            </button>
          ))}
        </span>
      ),
    },
    {
      id: "run",
      title: t("run.open"),
      width: "144px",
      cell: ({ id, name }) => (
        <ButtonLink
          to="/templates/$templateId/run"
          params={{ templateId: id }}
          size="sm"
          icon={Play}
          aria-label={t("run.of", { name })}
          className="relative z-1 h-7"
        >
          {t("run.open")}
        </ButtonLink>
      ),
    },
  ];
}

function Cards({ templates }: Pick<Props, "templates">) {
  const { t } = useTranslation("templates");
  const { share, duration, number } = useFigures();
  return (
    <CardList
      label={t("title")}
      rows={templates}
      rowId={({ id }) => id}
      height={() => 124}
      card={(template) => (
        <div className="pb-2">
          <div className="relative flex flex-col gap-2 rounded-card border border-hairline bg-surface px-4 py-3 active:bg-raised">
            <span className="flex items-center gap-3">
              <Link
                to="/templates/$templateId"
                params={{ templateId: template.id }}
                className={`flex min-h-11 min-w-0 flex-1 items-center font-medium ${reach}`}
              >
                <span className="truncate">{template.name}</span>
              </Link>
              <ButtonLink
                to="/templates/$templateId/run"
                params={{ templateId: template.id }}
                icon={Play}
                aria-label={t("run.of", { name: template.name })}
                className="relative z-1"
              >
                {t("run.open")}
              </ButtonLink>
            </span>
            {template.last_run !== null && (
              <span className="flex items-center justify-between gap-3">
                <LastRun template={template} />
              </span>
            )}
            <span className="flex flex-wrap items-center gap-x-1.5 text-sm text-muted">
              {template.runs_30d === 0 ? (
                t("list.noRuns")
              ) : (
                <>
                  <span>
                    {t("list.runs", {
                      count: template.runs_30d,
                      formatted: number(template.runs_30d),
                    })}
                  </span>
                  <span aria-hidden>·</span>
                  <span>{t("list.success", { share: share(template.success_rate_30d) })}</span>
                  <span aria-hidden>·</span>
                  <span className="numeric">{duration(template.avg_ms_30d)}</span>
                </>
              )}
            </span>
          </div>
        </div>
      )}
    />
  );
}
