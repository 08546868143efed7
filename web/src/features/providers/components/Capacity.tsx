/** How much of a provider is in use: workers with their limit, and what they were given. */
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { CapacityBar } from "@/components/charts";
import { formatBytes, formatNumber } from "@/lib/format";

/** The most workers at the same time: the smaller one of both limits. */
export function workerLimit(provider: Provider): number | null {
  const limits = [provider.max_workers, provider.capabilities?.max_workers].filter(
    (limit) => limit !== null && limit !== undefined,
  );
  return limits.length === 0 ? null : Math.min(...limits);
}

const MIB = 1024 ** 2;

export function Capacity({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const { load } = provider;
  const limit = workerLimit(provider);
  const number = (value: number, digits = 0) => formatNumber(value, i18n.language, digits);
  const workers =
    limit === null
      ? number(load.workers)
      : t("capacity.of", { used: number(load.workers), limit: number(limit) });
  return (
    <div className="flex flex-col gap-2.5">
      <CapacityBar label={t("capacity.workers")} used={load.workers} limit={limit} text={workers} />
      <CapacityBar
        label={t("capacity.given")}
        used={0}
        limit={null}
        text={t("capacity.cpuMemory", {
          cpu: number(load.cpu, 2),
          memory: formatBytes(load.memory_mb * MIB, i18n.language),
        })}
      />
    </div>
  );
}
