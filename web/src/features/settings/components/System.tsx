/** What runs here: version, database, how long things are kept, what is switched on. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { systemQuery } from "@/api/queries/system";
import { Card, Facts } from "@/components/ui/Card";
import { Id } from "@/components/ui/Copy";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Moment } from "@/components/ui/Time";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";

export default function System() {
  const { t, i18n } = useTranslation("settings");
  const { data: system, error, refetch } = useQuery(systemQuery());
  const language = i18n.language;
  if (system === undefined) {
    return error === null ? (
      <Loading className="flex flex-col gap-4">
        <Skeleton className="h-64" />
        <Skeleton className="h-32" />
      </Loading>
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  }
  const { database, retention, features } = system;
  const size = database.size_bytes;
  const onOff = (on: boolean) => t(on ? "system.on" : "system.off");
  return (
    <div className="flex flex-col gap-4">
      <Card id="server" title={t("system.server")}>
        <Facts
          facts={[
            [t("system.version"), system.version],
            [t("system.api"), system.api],
            [t("system.python"), system.python],
            [t("system.replica"), system.replica],
            [t("system.started"), <Moment key="started" at={system.started_at} />],
            [t("system.hosts"), system.hosts.join(", ")],
            [
              t("system.installation"),
              <Id key="id" id={system.installation_id} what={t("system.installationId")} />,
            ],
          ]}
        />
      </Card>
      <Card id="database" title={t("system.database")}>
        <Facts
          facts={[
            [t("system.product"), database.product],
            [t("system.size"), size === null ? t("system.unknown") : formatBytes(size, language)],
            [t("system.roundTrip"), `${formatNumber(database.round_trip_ms, language, 1)}ms`],
          ]}
        />
      </Card>
      <Card id="retention" title={t("system.retention")}>
        <Facts
          facts={[
            [t("system.jobs"), formatDuration(retention.jobs_ms, language)],
            [t("system.logs"), formatDuration(retention.logs_ms, language)],
            [t("system.audit"), formatDuration(retention.audit_ms, language)],
            [t("system.deliveries"), formatDuration(retention.deliveries_ms, language)],
            [t("system.logMax"), formatBytes(retention.log_max_bytes, language)],
          ]}
        />
      </Card>
      <Card id="features" title={t("system.features")}>
        <Facts
          facts={[
            [t("system.signIn"), onOff(features.sign_in)],
            [t("system.devMode"), onOff(features.dev_mode)],
            [t("system.providers"), features.provider_types.join(", ")],
          ]}
        />
      </Card>
    </div>
  );
}
