/** CPU load of the last 24 hours and memory in use, of the server's machine. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { hostMetricsQuery, type Summary } from "@/api/queries/system";
import { formatBytes, formatPercent } from "@/lib/format";
import { AreaChart } from "./AreaChart";

export function Load({ host }: { host: Summary["host"] }) {
  const { t, i18n } = useTranslation("dashboard");
  const { data } = useQuery(hostMetricsQuery("24h"));
  const language = i18n.language;
  const points = data?.hosts.find((one) => one.name === host.name)?.points ?? [];
  const range =
    data === undefined ? null : ([Date.parse(data.start), Date.parse(data.end)] as const);
  const { memory_total_bytes: total, memory_available_bytes: free } = host;
  return (
    <div className="flex flex-col gap-4">
      <div>
        <div className="flex items-baseline justify-between gap-3 pb-2 text-sm">
          <h3 className="font-normal text-muted">{t("health.cpu")}</h3>
          {host.cpu !== null && (
            <span className="numeric font-medium">
              {t("health.cpuNow", { percent: formatPercent(host.cpu, language), count: host.cpus })}
            </span>
          )}
        </div>
        {points.length > 1 && range !== null ? (
          <AreaChart
            points={points.map((point) => [Date.parse(point.at), point.cpu] as const)}
            range={range}
            gap={(data?.bucket_ms ?? 0) * 2.5}
            title={t("health.cpuTable", { host: host.name })}
          />
        ) : (
          <p className="grid h-24 place-items-center rounded-control bg-raised text-sm text-muted">
            {t("health.cpuNone")}
          </p>
        )}
      </div>
      {total !== null && free !== null && (
        <Meter
          label={t("health.memory")}
          share={1 - free / total}
          text={t("health.of", {
            used: formatBytes(total - free, language),
            total: formatBytes(total, language),
          })}
        />
      )}
    </div>
  );
}

type MeterProps = { label: string; share: number; text: string };

const Meter = ({ label, share, text }: MeterProps) => (
  <div>
    <div className="flex items-baseline justify-between gap-3 pb-1.5 text-sm">
      <span className="text-muted">{label}</span>
      <span className="numeric font-medium">{text}</span>
    </div>
    <meter aria-label={label} className="sr-only" value={share}>
      {text}
    </meter>
    <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-raised">
      <div className="h-full rounded-full bg-running" style={{ width: `${share * 100}%` }} />
    </div>
  </div>
);
