/** A provider in the list: what it is, whether it works, what it carries. */
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/queries/providers";
import { sentence } from "@/components/placement/Rejections";
import { Badge } from "@/components/ui/Badge";
import { Facts } from "@/components/ui/Card";
import { Link } from "@/components/ui/Link";
import { Said } from "@/components/ui/Said";
import { RelativeTime } from "@/components/ui/Time";
import { formatNumber } from "@/lib/format";
import { Capacity } from "./Capacity";
import { EnableSwitch } from "./EnableSwitch";
import { HealthBadge } from "./HealthBadge";
import { TypeName } from "./TypeName";

export function ProviderCard({ provider }: { provider: Provider }) {
  const { t, i18n } = useTranslation("providers");
  const number = (value: number) => formatNumber(value, i18n.language);
  const { health, load } = provider;
  return (
    <article
      aria-labelledby={`provider-name-${provider.id}`}
      className="flex min-w-0 flex-col gap-4 rounded-card border border-hairline bg-surface p-4"
    >
      <header className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 id={`provider-name-${provider.id}`} className="text-lg">
            <Link
              to="/providers/$providerId"
              params={{ providerId: provider.id }}
              className="block truncate text-text pointer-coarse:py-2.5"
            >
              {provider.name}
            </Link>
          </h2>
          <p className="text-sm text-muted">
            <TypeName type={provider.type} />
          </p>
        </div>
        <EnableSwitch provider={provider} bare />
      </header>
      <div className="flex flex-wrap items-center gap-2">
        <HealthBadge provider={provider} />
        <Isolation provider={provider} />
        {health.checked_at !== null && (
          <span className="text-sm text-muted">
            {t("health.checked")} <RelativeTime at={health.checked_at} />
          </span>
        )}
      </div>
      {!health.ok && health.reason !== "" && (
        <p className="line-clamp-3 text-sm text-failed [overflow-wrap:anywhere]">
          <Said text={health.reason} as={sentence} />
        </p>
      )}
      <Capacity provider={provider} />
      <Facts
        className="gap-y-1.5 text-sm"
        facts={[
          [
            t("facts.running"),
            <span key="r" className="numeric">
              {number(load.running)}
            </span>,
          ],
          [
            t("facts.assigned"),
            <span key="a" className="numeric">
              {number(load.assigned)}
            </span>,
          ],
          [t("facts.region"), provider.region ?? t("facts.anyRegion")],
        ]}
      />
    </article>
  );
}

/** Says when nothing keeps a job from the machine. */
export function Isolation({ provider }: { provider: Provider }) {
  const { t } = useTranslation("providers");
  const isolation = provider.capabilities?.isolation;
  if (isolation === undefined) return null;
  return isolation === "none" ? (
    <Badge tone="warn" icon={TriangleAlert}>
      {t("isolation.none")}
    </Badge>
  ) : (
    <Badge>{t(`isolation.${isolation}`)}</Badge>
  );
}
