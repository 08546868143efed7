/** Where the job may run, how soon it is wanted, and how often it is tried. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StoredSpec } from "@/api/spec";
import { Facts } from "@/components/ui/Card";
import { formatDuration, formatNumber, formatPercent } from "@/lib/format";
import { Labels } from "./ConfigTables";

export function PreferenceFacts({ spec }: { spec: StoredSpec }) {
  const { t, i18n } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const { preferences, retry } = spec;
  const time = (ms: number) => formatDuration(ms, i18n.language);
  const facts: [string, ReactNode][] = [
    [t("config.provider"), preferences.provider ?? t("config.any")],
    [t("config.region"), preferences.region ?? t("config.auto")],
    [t("config.priority"), common(`priority.${spec.priority}`)],
    [
      t("config.retry"),
      retry.max_attempts > 1
        ? t("config.retryOn", { count: retry.max_attempts })
        : t("config.retryOff"),
    ],
  ];
  if (retry.max_attempts > 1) {
    facts.push(
      [
        t("config.backoff"),
        t("config.backoffText", {
          initial: time(retry.backoff.initial_ms),
          factor: formatNumber(retry.backoff.factor, i18n.language, 2),
          most: time(retry.backoff.max_ms),
          jitter: formatPercent(retry.backoff.jitter, i18n.language),
        }),
      ],
      [t("config.retryAfter"), retry.on.map((cause) => t(`config.cause.${cause}`)).join(", ")],
    );
  }
  facts.push([
    t("config.queueTimeout"),
    spec.queue_timeout_ms === null ? t("config.noLimit") : time(spec.queue_timeout_ms),
  ]);
  if (Object.keys(preferences.labels).length > 0) {
    facts.push([t("config.providerLabels"), <Labels key="l" labels={preferences.labels} />]);
  }
  facts.push([t("config.project"), spec.project]);
  return <Facts facts={facts} />;
}
