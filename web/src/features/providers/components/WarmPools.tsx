/** The workers of a provider that wait ready for a job: how many, and what keeps them from it. */
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { CapacityBar } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { RelativeTime } from "@/components/ui/Time";
import { formatBytes, formatNumber } from "@/lib/format";

const MIB = 1024 ** 2;

export function WarmPools({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const number = (value: number) => formatNumber(value, i18n.language, 2);
  return (
    <Card id="pools" title={t("pools.title")}>
      {provider.pools.length === 0 ? (
        <p className="text-muted">
          {t(provider.warm_learned === null ? "pools.none" : "pools.learning")}
        </p>
      ) : (
        <ul className="flex flex-col gap-4">
          {provider.pools.map((pool) => {
            const size = t("pools.shape", {
              cpu: number(pool.cpu),
              memory: formatBytes(pool.memory_mb * MIB, i18n.language),
            });
            const name = pool.image === null ? size : `${pool.image} · ${size}`;
            return (
              <li key={`${name} ${pool.network}`} className="min-w-0">
                <CapacityBar
                  label={name}
                  used={pool.ready}
                  limit={null}
                  text={t("pools.ready", { ready: number(pool.ready), size: number(pool.size) })}
                />
                <p className="mt-1 text-sm text-muted">
                  {[
                    pool.fixed > 0 && t("pools.fixed", { count: pool.fixed }),
                    pool.size > pool.fixed && t("pools.learned", { count: pool.size - pool.fixed }),
                    pool.starting > 0 && t("pools.starting", { count: pool.starting }),
                    pool.network === "none" && t("pools.noNetwork"),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </p>
                {pool.fault !== "" && (
                  <p className="mt-1 text-sm text-failed [overflow-wrap:anywhere]">
                    {pool.fault}
                    {pool.retry_at !== null && (
                      <>
                        {" "}
                        {t("pools.again")} <RelativeTime at={pool.retry_at} />
                      </>
                    )}
                  </p>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
