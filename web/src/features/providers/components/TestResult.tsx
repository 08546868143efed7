/** The answer of a check: whether it works, why not, and what was found. */
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { sentence } from "@/components/placement/Rejections";
import { Facts } from "@/components/ui/Card";
import { Said } from "@/components/ui/Said";
import { RelativeTime } from "@/components/ui/Time";
import { said } from "@/i18n/phrases";
import { cn } from "@/lib/cn";
import type { Health } from "../hooks/data";

type Props = { health: Health; title: string };

export function TestResult({ health, title }: Props) {
  const { t } = useTranslation("providers");
  const Icon = health.ok ? CircleCheck : CircleX;
  return (
    <div
      role="status"
      className={cn(
        "flex gap-3 rounded-card px-4 py-3",
        health.ok ? "tint-succeeded" : "tint-failed",
      )}
    >
      <Icon
        size={16}
        aria-hidden
        className={cn("mt-0.5 shrink-0", health.ok ? "text-succeeded" : "text-failed")}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {title}
          {health.checked_at !== null && (
            <RelativeTime at={health.checked_at} className="ml-2 text-sm font-normal text-muted" />
          )}
        </p>
        {health.reason !== "" && (
          <p className="[overflow-wrap:anywhere]">
            <Said text={health.reason} as={sentence} />
          </p>
        )}
        <Details details={health.details} label={t("test.details")} />
      </div>
    </div>
  );
}

/** What a provider tells of itself; a name that has no words here is shown as it came. */
export function Details({ details, label }: { details: Record<string, string>; label?: string }) {
  const { t, i18n } = useTranslation("providers");
  const words = (key: string, other: string) =>
    i18n.exists(key, { ns: "providers" }) ? t(key as never) : other;
  const facts = Object.entries(details)
    .filter(([, value]) => value !== "")
    .map(
      ([name, value]) =>
        [
          words(`found.${name}`, name.replaceAll("_", " ")),
          <code key={name} className="font-mono text-sm">
            {name === "isolation" ? words(`isolation.${value}`, value) : said(value)}
          </code>,
        ] as const,
    );
  if (facts.length === 0) return null;
  return (
    <div className="mt-2">
      {label !== undefined && <p className="sr-only">{label}</p>}
      <Facts facts={facts} />
    </div>
  );
}
