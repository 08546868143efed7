/** What of this server is ready, and what is not. */
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Info, type LucideIcon } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { providersQuery } from "@/api/queries/providers";
import { type Me, systemQuery } from "@/api/queries/system";
import { ConnectionDot } from "@/components/ui/ConnectionDot";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { formatNumber } from "@/lib/format";
import { liveSocket } from "@/live/socket";
import { useLiveMode } from "@/live/useTopic";

type Mark = "good" | "bad" | "info";
const MARKS: Readonly<Record<Mark, readonly [LucideIcon, string]>> = {
  good: [CircleCheck, "text-succeeded"],
  bad: [CircleX, "text-failed"],
  info: [Info, "text-muted"],
};

type ItemProps = { mark: Mark; title: string; children: ReactNode };

function Item({ mark, title, children }: ItemProps) {
  const [Icon, colour] = MARKS[mark];
  return (
    <li className="flex gap-3 border-t border-hairline py-3 first:border-0">
      <Icon size={20} aria-hidden className={`shrink-0 ${colour}`} />
      <div className="min-w-0">
        <h2 className="text-base">{title}</h2>
        <div className="text-muted">{children}</div>
      </div>
    </li>
  );
}

/** For whoever may read about the system. */
export function Ready({ me }: { me: Me }) {
  const { t, i18n } = useTranslation("auth");
  const system = useQuery(systemQuery());
  const providers = useQuery(providersQuery());
  const mode = useLiveMode();
  useEffect(() => liveSocket.start(), []);
  const error = system.error ?? providers.error;
  const database = system.data?.database;
  const ready = (providers.data?.items ?? []).filter((one) => one.enabled && one.health.ok);
  const names = new Intl.ListFormat(i18n.language).format(ready.map((one) => one.name));
  if (error !== null) {
    return <ErrorState error={error} onRetry={() => void system.refetch()} className="px-0" />;
  }
  if (database === undefined || providers.data === undefined) {
    return (
      <Loading>
        <Skeleton className="h-64" />
      </Loading>
    );
  }
  return (
    <ul className="rounded-card border border-hairline bg-surface px-4">
      <Item mark="good" title={t("setup.database")}>
        {t("setup.databaseText", {
          product: database.product,
          ms: formatNumber(database.round_trip_ms, i18n.language, 1),
        })}
      </Item>
      <Item mark={ready.length > 0 ? "good" : "bad"} title={t("setup.provider")}>
        {ready.length > 0
          ? t("setup.providerOk", { count: ready.length, names })
          : t("setup.providerNone")}
      </Item>
      <Item mark={me.setup_needed || me.dev_mode ? "info" : "good"} title={t("setup.access")}>
        {me.dev_mode
          ? t("setup.accessDev")
          : me.setup_needed
            ? t("setup.accessOpen")
            : t("setup.accessUser", { name: me.owner })}
      </Item>
      <Item mark={mode === "live" ? "good" : "info"} title={t("setup.live")}>
        {t("setup.liveText")} <ConnectionDot withWord />
      </Item>
    </ul>
  );
}
