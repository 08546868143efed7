/** What a provider is and can do, what it carries, and its workers that wait ready. */
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { Badge } from "@/components/ui/Badge";
import { Card, Facts } from "@/components/ui/Card";
import { Id } from "@/components/ui/Copy";
import { Moment } from "@/components/ui/Time";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";
import { Capacity } from "./Capacity";
import { TestResult } from "./TestResult";
import { WarmPools } from "./WarmPools";

export function Overview({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const number = (value: number) => formatNumber(value, i18n.language);
  const { health, load } = provider;
  const checked = health.checked_at !== null;
  return (
    <div className="flex flex-col gap-4">
      <TestResult
        health={health}
        title={t(!checked ? "health.unchecked" : health.ok ? "test.works" : "test.fails")}
      />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <Card id="load" title={t("overview.load")}>
            <div className="flex flex-col gap-4">
              <Capacity provider={provider} />
              <Facts
                facts={[
                  [t("facts.running"), number(load.running)],
                  [t("facts.assigned"), number(load.assigned)],
                  [t("facts.workers"), number(load.workers)],
                ]}
              />
            </div>
          </Card>
          <Abilities provider={provider} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Card id="identity" title={t("overview.identity")}>
            <Facts
              className="max-sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"
              facts={[
                [t("facts.id"), <Id key="id" id={provider.id} what={t("facts.id")} />],
                [t("facts.region"), provider.region ?? t("facts.anyRegion")],
                [t("facts.labels"), <Labels key="labels" labels={provider.labels} />],
                [t("facts.idle"), formatDuration(provider.idle_timeout_ms, i18n.language)],
                [t("facts.created"), <Moment key="c" at={provider.created_at} />],
                [t("facts.updated"), <Moment key="u" at={provider.updated_at} />],
              ]}
            />
          </Card>
          <WarmPools provider={provider} />
        </div>
      </div>
    </div>
  );
}

function Labels({ labels }: { labels: Record<string, string> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return <>–</>;
  return (
    <span className="flex flex-wrap gap-1.5">
      {entries.map(([key, value]) => (
        <Badge key={key} className="max-w-full">
          <span className="truncate">{`${key}: ${value}`}</span>
        </Badge>
      ))}
    </span>
  );
}

const MIB = 1024 ** 2;

function Abilities({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const able = provider.capabilities;
  if (able === null) {
    return (
      <Card id="able" title={t("able.title")}>
        <p className="text-muted">{t("able.unknown")}</p>
      </Card>
    );
  }
  const yes = (value: boolean) => t(value ? "able.yes" : "able.no");
  return (
    <Card id="able" title={t("able.title")}>
      <Facts
        className="max-sm:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
        facts={[
          [t("able.isolation"), t(`isolation.${able.isolation}`)],
          [t("able.images"), yes(able.images)],
          [t("able.architectures"), able.architectures.join(", ") || "–"],
          [t("able.maxCpu"), formatNumber(able.max_cpu, i18n.language, 2)],
          [t("able.maxMemory"), formatBytes(able.max_memory_mb * MIB, i18n.language)],
          [t("able.gpus"), formatNumber(able.gpus, i18n.language)],
          [t("able.networkNone"), yes(able.networks_none)],
          [t("able.storage"), yes(able.storage_limit)],
          [t("able.reusable"), yes(able.reusable_workers)],
          [t("able.survives"), yes(able.survives_restart)],
        ]}
      />
    </Card>
  );
}
