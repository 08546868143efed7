/** The list of workers. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Cpu } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type WorkerFilters, workersQuery } from "@/api/queries/workers";
import { Button } from "@/components/ui/Button";
import { Chip, FilterChip } from "@/components/ui/Chip";
import { fadedEdges } from "@/components/ui/edges";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { Switch } from "@/components/ui/Toggle";
import { useWorkersTopic } from "@/live/topics";
import { WorkerList } from "../components/WorkerList";
import { WORKER_STATES } from "../components/WorkerState";

const route = getRouteApi("/shell/workers");

export default function WorkersPage() {
  const { t } = useTranslation("workers");
  const { t: common } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const state = WORKER_STATES.find((one) => one === search.state);
  const filters = {
    ...(state && { state }),
    ...(search.provider && { provider: search.provider }),
    ...(search.all && { all: "1" }),
    limit: 500,
  } as WorkerFilters;
  const { data, error, refetch } = useQuery({
    ...workersQuery(filters),
    placeholderData: keepPreviousData,
  });
  useWorkersTopic();
  const change = (next: Partial<typeof search>) =>
    void navigate({ to: "/workers", search: { ...search, ...next } });
  const shown = WORKER_STATES.filter((one) => one !== "GONE" || search.all);
  return (
    <Page title={t("title")}>
      <div className="flex flex-col gap-3 pb-4 sm:flex-row sm:flex-wrap sm:items-center">
        <div
          ref={fadedEdges}
          className="-mx-4 flex gap-2 overflow-x-auto px-4 py-0.5 [scrollbar-width:none] sm:mx-0 sm:flex-wrap sm:px-0"
        >
          <Chip pressed={state === undefined} onPress={() => change({ state: undefined })}>
            {t("all")}
          </Chip>
          {shown.map((one) => (
            <Chip key={one} pressed={state === one} onPress={() => change({ state: one })}>
              {common(`workerState.${one}`)}
            </Chip>
          ))}
        </div>
        {search.provider && (
          <FilterChip
            name={t("column.provider")}
            value={search.provider}
            onRemove={() => change({ provider: undefined })}
          />
        )}
        <Switch
          label={t("ended")}
          checked={search.all === 1}
          onChange={(on) => change({ all: on ? 1 : undefined })}
        />
      </div>
      <Stale>
        {data !== undefined ? (
          data.items.length === 0 ? (
            <NoWorkers
              filtered={state !== undefined}
              onClear={() => change({ state: undefined })}
            />
          ) : (
            <WorkerList workers={data.items} />
          )
        ) : error === null ? (
          <Loading>
            <Skeleton className="h-80" />
          </Loading>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )}
      </Stale>
    </Page>
  );
}

function NoWorkers({ filtered, onClear }: { filtered: boolean; onClear(): void }) {
  const { t } = useTranslation("workers");
  if (filtered) {
    return (
      <EmptyState
        icon={Cpu}
        title={t("empty.filtered")}
        action={<Button onClick={onClear}>{t("empty.clear")}</Button>}
      />
    );
  }
  return (
    <EmptyState icon={Cpu} title={t("empty.title")}>
      {t("empty.text")}
    </EmptyState>
  );
}
