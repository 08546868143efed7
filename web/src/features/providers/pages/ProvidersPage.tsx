/** `/providers`: where jobs run, and what else this server could use. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Boxes, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Provider, providersQuery, providerTypesQuery } from "@/api/queries/providers";
import { Button } from "@/components/ui/Button";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { useRefusal } from "@/components/ui/refusal";
import { Stale } from "@/components/ui/Stale";
import { useProvidersTopic } from "@/live/topics";
import { ProviderCard } from "../components/ProviderCard";
import { TypeList } from "../components/TypeList";

export default function ProvidersPage() {
  const { t } = useTranslation("providers");
  const navigate = useNavigate();
  const refusal = useRefusal("providers.manage");
  const providers = useQuery(providersQuery());
  const types = useQuery(providerTypesQuery());
  useProvidersTopic();
  const items = providers.data?.items;
  const counts = new Map<string, number>();
  for (const { type } of items ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
  return (
    <Page
      title={t("title")}
      actions={
        <Button
          look="primary"
          icon={Plus}
          disabledReason={refusal}
          onClick={() => void navigate({ to: "/providers/new" })}
        >
          {t("new.open")}
        </Button>
      }
    >
      <div className="flex flex-col gap-6">
        {items === undefined && providers.error !== null ? (
          <ErrorState error={providers.error} onRetry={() => void providers.refetch()} />
        ) : (
          <Stale>{items === undefined ? <Waiting /> : <Cards items={items} />}</Stale>
        )}
        {types.data !== undefined && <TypeList types={types.data} counts={counts} />}
        {types.data === undefined && types.error !== null && items !== undefined && (
          <ErrorState error={types.error} onRetry={() => void types.refetch()} />
        )}
      </div>
    </Page>
  );
}

const grid = "grid gap-4 sm:grid-cols-2 xl:grid-cols-3";

function Cards({ items }: { items: readonly Provider[] }) {
  const { t } = useTranslation("providers");
  if (items.length === 0) {
    return (
      <EmptyState icon={Boxes} title={t("empty.title")}>
        {t("empty.text")}
      </EmptyState>
    );
  }
  return (
    <ul className={grid}>
      {items.map((provider) => (
        <li key={provider.id} className="grid min-w-0">
          <ProviderCard provider={provider} />
        </li>
      ))}
    </ul>
  );
}

const Waiting = () => (
  <Loading className={grid}>
    <Skeleton className="h-64 w-full" />
    <Skeleton className="h-64 w-full" />
    <Skeleton className="h-64 w-full" />
  </Loading>
);
