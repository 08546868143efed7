/** Variables and labels as the server keeps them; secret values are not there to be shown. */
import { KeyRound, Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { EnvValue } from "@/api/spec";
import { Badge } from "@/components/ui/Badge";

export function EnvTable({ env }: { env: Record<string, EnvValue> }) {
  const { t } = useTranslation("job-detail");
  const rows = Object.entries(env);
  if (rows.length === 0) return <p className="text-muted">{t("config.envNone")}</p>;
  return (
    <dl className="flex max-h-96 flex-col divide-y overflow-y-auto rounded-control border font-mono text-sm">
      {rows.map(([name, value]) => (
        <div
          key={name}
          className="grid gap-x-4 px-3 py-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"
        >
          <dt className="[overflow-wrap:anywhere]">{name}</dt>
          <dd className="whitespace-pre-wrap text-muted [overflow-wrap:anywhere]">
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { value: EnvValue }) {
  const { t } = useTranslation("job-detail");
  if (typeof value === "string") return value;
  const stored = "secret" in value;
  const Icon = stored ? KeyRound : Lock;
  const words = stored ? t("config.stored", { name: value.secret }) : t("config.secret");
  return (
    <span className="inline-flex items-center gap-1.5 font-sans">
      <Icon size={14} aria-hidden className="shrink-0" />
      {!stored && <span aria-hidden="true">••••••••</span>}
      <span className={stored ? undefined : "sr-only"}>{words}</span>
    </span>
  );
}

export const Labels = ({ labels }: { labels: Record<string, string> }) => (
  <ul className="flex flex-wrap gap-1.5">
    {Object.entries(labels).map(([name, value]) => (
      <li key={name} className="min-w-0">
        <Badge className="max-w-full">
          <span className="truncate">{value === "" ? name : `${name}: ${value}`}</span>
        </Badge>
      </li>
    ))}
  </ul>
);
