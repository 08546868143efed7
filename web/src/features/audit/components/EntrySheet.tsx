/** One row in full: every field, as facts that narrow the list and as JSON. */
import { Filter } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuditEntry } from "@/api/queries/audit";
import { Button, IconButton } from "@/components/ui/Button";
import { Facts } from "@/components/ui/Card";
import { Copy, copyText } from "@/components/ui/Copy";
import { Sheet } from "@/components/ui/Dialog";
import { JsonTree } from "@/components/ui/JsonTree";
import { Link } from "@/components/ui/Link";
import { Moment } from "@/components/ui/Time";
import { said } from "@/i18n/phrases";
import type { AuditSearch } from "../search";
import { ResultBadge } from "./ResultBadge";

type EntrySheetProps = {
  entry: AuditEntry;
  onFilter(filter: AuditSearch): void;
  onClose(): void;
};

export default function EntrySheet({ entry, onFilter, onClose }: EntrySheetProps) {
  const { t } = useTranslation("audit");
  const [copied, setCopied] = useState(false);
  const json = JSON.stringify(entry, null, 2);
  const narrowed = (text: string, filter: AuditSearch, what: string): ReactNode => (
    <span className="flex items-center gap-1">
      <span className="min-w-0 [overflow-wrap:anywhere]">{text}</span>
      <IconButton
        size="iconSm"
        icon={Filter}
        label={t("only", { what, value: text })}
        onClick={() => onFilter(filter)}
      />
    </span>
  );
  const { actor, action, target, project, correlation_id: correlation } = entry;
  return (
    <Sheet open onOpenChange={onClose} title={action} description={<Moment at={entry.at} />}>
      <Facts
        facts={[
          [t("column.result"), <ResultBadge key="result" result={entry.result} />],
          ...(entry.code === null ? [] : [[t("fact.code"), entry.code] as const]),
          ...(entry.detail === "" ? [] : [[t("fact.detail"), said(entry.detail)] as const]),
          [t("column.actor"), narrowed(actor, { actor }, t("column.actor"))],
          ...(entry.via === "" ? [] : [[t("fact.via"), entry.via] as const]),
          [t("column.action"), narrowed(action, { action }, t("column.action"))],
          ...(target === null
            ? []
            : [[t("column.target"), narrowed(target, { target }, t("column.target"))] as const]),
          ...(project === null
            ? []
            : [
                [t("column.project"), narrowed(project, { project }, t("column.project"))] as const,
              ]),
          [t("column.from"), `${t(`interface.${entry.interface}`)} · ${entry.source}`],
          ...(entry.count > 1 ? [[t("fact.count"), String(entry.count)] as const] : []),
          ...(correlation === null
            ? []
            : [
                [
                  t("fact.correlation"),
                  <span key="id" className="flex items-center gap-1">
                    <code className="min-w-0 font-mono text-sm break-all">{correlation}</code>
                    <Copy text={correlation} what={t("fact.correlation")} />
                  </span>,
                ] as const,
              ]),
        ]}
      />
      {entry.target_kind === "job" && target !== null && (
        <p className="pt-4">
          <Link to="/jobs/$jobId" params={{ jobId: target }}>
            {t("openJob")}
          </Link>
        </p>
      )}
      <section aria-label="JSON" className="mt-5 border-t border-hairline pt-4">
        <div className="flex items-center justify-between pb-2">
          <h3 className="font-medium">JSON</h3>
          <Button size="sm" onClick={() => void copyText(json).then(() => setCopied(true))}>
            {t(copied ? "copied" : "copy")}
          </Button>
        </div>
        <JsonTree value={entry} />
      </section>
    </Sheet>
  );
}
