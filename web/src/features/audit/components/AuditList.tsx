/** The rows of the audit log: a table, or cards on phones. */
import { useTranslation } from "react-i18next";
import type { AuditEntry } from "@/api/queries/audit";
import { CardList } from "@/components/ui/CardList";
import { type Column, DataTable } from "@/components/ui/DataTable";
import { RelativeTime } from "@/components/ui/Time";
import { formatNumber, shortId } from "@/lib/format";
import { useWide } from "@/lib/media";
import { ResultBadge } from "./ResultBadge";

type AuditListProps = {
  rows: readonly AuditEntry[];
  onOpen(entry: AuditEntry): void;
  onEndReached(): void;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** What was acted on, short enough for a cell. */
export const shortTarget = (target: string | null): string =>
  target === null ? "–" : UUID.test(target) ? shortId(target) : target;

type ActionProps = { entry: AuditEntry; onOpen(entry: AuditEntry): void; className?: string };

/** The whole row opens; this is what has the focus. */
function Action({ entry, onOpen, className }: ActionProps) {
  const { i18n } = useTranslation();
  return (
    <button
      type="button"
      onClick={() => onOpen(entry)}
      className={className ?? "rounded-sm font-mono text-sm after:absolute after:inset-0"}
    >
      {entry.action}
      {entry.count > 1 && (
        <span className="numeric text-subtle"> ×{formatNumber(entry.count, i18n.language)}</span>
      )}
    </button>
  );
}

export function AuditList({ rows, onOpen, onEndReached }: AuditListProps) {
  const { t } = useTranslation("audit");
  const wide = useWide();
  const columns: Column<AuditEntry>[] = [
    {
      id: "at",
      title: t("column.at"),
      width: "136px",
      cell: ({ at }) => <RelativeTime at={at} short className="text-muted" />,
    },
    {
      id: "actor",
      title: t("column.actor"),
      width: "minmax(112px, 1fr)",
      cell: ({ actor }) => <span title={actor}>{actor}</span>,
    },
    {
      id: "action",
      title: t("column.action"),
      width: "minmax(152px, 1.4fr)",
      cell: (entry) => <Action entry={entry} onOpen={onOpen} />,
    },
    {
      id: "target",
      title: t("column.target"),
      width: "minmax(128px, 1.4fr)",
      spare: 1,
      cell: ({ target }) => (
        <span title={target ?? undefined} className="font-mono text-sm">
          {shortTarget(target)}
        </span>
      ),
    },
    {
      id: "project",
      title: t("column.project"),
      width: "minmax(96px, 1fr)",
      spare: 3,
      cell: ({ project }) => <span className="text-muted">{project ?? "–"}</span>,
    },
    {
      id: "result",
      title: t("column.result"),
      width: "120px",
      cell: ({ result }) => <ResultBadge result={result} />,
    },
    {
      id: "from",
      title: t("column.from"),
      width: "minmax(160px, 1fr)",
      spare: 2,
      cell: (entry) => (
        <span className="text-muted">
          {t(`interface.${entry.interface}`)} · {entry.source}
        </span>
      ),
    },
  ];
  if (wide) {
    return (
      <div className="rounded-card border border-hairline bg-surface">
        <DataTable
          label={t("list")}
          columns={columns}
          rows={rows}
          rowId={(entry) => String(entry.id)}
          rowName={(entry) => entry.action}
          onEndReached={onEndReached}
        />
      </div>
    );
  }
  return (
    <CardList
      label={t("list")}
      rows={rows}
      rowId={(entry) => String(entry.id)}
      height={() => 104}
      onEndReached={onEndReached}
      card={(entry) => (
        <div className="pb-2">
          <div className="relative rounded-card border border-hairline bg-surface px-4 pt-1 pb-3">
            <span className="flex items-center justify-between gap-3">
              <Action
                entry={entry}
                onOpen={onOpen}
                className="min-h-11 min-w-0 truncate text-left font-mono after:absolute after:inset-0"
              />
              <ResultBadge result={entry.result} />
            </span>
            <span className="flex flex-wrap gap-x-1.5 text-sm text-muted">
              <span className="[overflow-wrap:anywhere]">{entry.actor}</span>
              {entry.target !== null && (
                <>
                  <span aria-hidden>·</span>
                  <span className="font-mono [overflow-wrap:anywhere]">
                    {shortTarget(entry.target)}
                  </span>
                </>
              )}
              <span aria-hidden>·</span>
              <RelativeTime at={entry.at} />
            </span>
          </div>
        </div>
      )}
    />
  );
}
