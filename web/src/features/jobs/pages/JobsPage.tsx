/** The list of jobs: filters in the address, live rows, bulk actions. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { jobCountsQuery, jobListQuery } from "@/api/queries/jobs";
import { queryClient } from "@/api/queryClient";
import { Button } from "@/components/ui/Button";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { formatNumber } from "@/lib/format";
import { useWide } from "@/lib/media";
import { useShortcuts } from "@/lib/shortcuts";
import { BulkBar } from "../components/BulkBar";
import { Filters } from "../components/Filters";
import { JobCards } from "../components/JobCards";
import { JobTable } from "../components/JobTable";
import { NoJobs } from "../components/NoJobs";
import { useColumns } from "../model/columns";
import { toFilters } from "../model/filters";
import { useJobList } from "../model/useJobList";
import type { JobsSearch } from "../search";

const ColumnsMenu = lazy(() => import("../components/ColumnsMenu"));

const route = getRouteApi("/shell/jobs");

export const first = ({ search }: { search: object }) => {
  const filters = toFilters(search);
  return Promise.all([
    queryClient.ensureInfiniteQueryData(jobListQuery(filters)),
    queryClient.ensureQueryData(jobCountsQuery(filters)),
  ]);
};

export default function JobsPage() {
  const { t } = useTranslation("jobs");
  const search = route.useSearch();
  const navigate = useNavigate();
  const wide = useWide();
  const { list, rows, counts, loadMore, newCount, forgetNew } = useJobList(search);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { shown, toggle } = useColumns();
  const box = useRef<HTMLInputElement>(null);
  const change = (next: JobsSearch, replace = false) => {
    forgetNew();
    void navigate({ to: "/jobs", search: next, replace, resetScroll: false });
  };
  const active = useRowKeys(rows, selected, setSelected, box);
  const showNew = () => {
    forgetNew();
    scrollTo({ top: 0 });
    void list.refetch();
  };
  return (
    <Page
      title={t("title")}
      actions={
        wide && (
          <Suspense fallback={<span className="size-9" />}>
            <ColumnsMenu shown={shown} onToggle={toggle} />
          </Suspense>
        )
      }
    >
      <Filters
        search={search}
        counts={counts}
        onChange={change}
        box={box}
        names={{
          template: rows[0]?.origin?.template?.name,
          schedule: rows[0]?.origin?.schedule?.name,
        }}
      />
      <NewPill count={newCount} onShow={showNew} />
      <Stale>
        {list.isError && list.data === undefined ? (
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <ListSkeleton />
        ) : rows.length === 0 ? (
          <NoJobs search={search} onChange={change} />
        ) : wide ? (
          <JobTable
            rows={rows}
            shown={shown}
            search={search}
            onChange={change}
            selected={selected}
            onSelect={setSelected}
            activeId={active}
            onEndReached={loadMore}
          />
        ) : (
          <JobCards rows={rows} onEndReached={loadMore} />
        )}
      </Stale>
      <BulkBar rows={rows} selected={selected} onClear={() => setSelected(new Set())} />
    </Page>
  );
}

const ListSkeleton = () => (
  <Loading className="flex flex-col gap-2">
    {Array.from({ length: 12 }, (_, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: shapes without identity
      <Skeleton key={index} className="h-10" />
    ))}
  </Loading>
);

function NewPill({ count, onShow }: { count: number; onShow(): void }) {
  const { t, i18n } = useTranslation("jobs");
  return (
    <div aria-live="polite" className="sticky top-16 z-20 h-0 text-center sm:top-12">
      {count > 0 && (
        <Button
          look="primary"
          size="sm"
          icon={ArrowUp}
          onClick={onShow}
          className="animate-appear rounded-full shadow-float"
        >
          {t("new", { count, formatted: formatNumber(count, i18n.language) })}
        </Button>
      )}
    </div>
  );
}

/** j and k move through the rows, Enter opens, x selects, / searches. */
function useRowKeys(
  rows: readonly { id: string }[],
  selected: ReadonlySet<string>,
  onSelect: (ids: ReadonlySet<string>) => void,
  box: React.RefObject<HTMLInputElement | null>,
): string | undefined {
  const { t } = useTranslation("jobs");
  const navigate = useNavigate();
  const [active, setActive] = useState<string>();
  const index = rows.findIndex((row) => row.id === active);
  const move = (by: number) =>
    setActive(rows[Math.min(rows.length - 1, Math.max(0, index + by))]?.id);
  useShortcuts([
    { keys: "j", label: t("key.next"), run: () => move(1) },
    { keys: "k", label: t("key.previous"), run: () => move(-1) },
    {
      keys: "Enter",
      label: t("key.open"),
      when: () => index >= 0 && document.activeElement === document.body,
      run: () => active && void navigate({ to: "/jobs/$jobId", params: { jobId: active } }),
    },
    {
      keys: "x",
      label: t("key.select"),
      run: () => {
        if (active === undefined) return;
        const next = new Set(selected);
        if (!next.delete(active)) next.add(active);
        onSelect(next);
      },
    },
    { keys: "/", label: t("key.search"), run: () => box.current?.focus() },
  ]);
  return active;
}
