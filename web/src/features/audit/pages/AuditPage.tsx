/** The audit log: what was changed and what was refused, by whom and from where. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type AuditEntry, auditQuery } from "@/api/queries/audit";
import { meQuery } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { buttonStyle } from "@/components/ui/button-style";
import { EmptyState, ErrorState, Forbidden, Loading, Skeleton } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";
import { Stale } from "@/components/ui/Stale";
import { AuditList } from "../components/AuditList";
import { Filters } from "../components/Filters";
import { exportAddress, isFiltered, toFilters } from "../model/filters";
import type { AuditSearch } from "../search";

const EntrySheet = lazy(() => import("../components/EntrySheet"));
const route = getRouteApi("/shell/audit");
const POLL_MS = 30_000;

export default function AuditPage() {
  const { t } = useTranslation("audit");
  const { data: me } = useQuery(meQuery());
  if (me !== undefined && !me.permissions.includes("audit.read")) {
    return (
      <Page title={t("title")}>
        <Forbidden permission="audit.read" />
      </Page>
    );
  }
  return <AuditLog ready={me !== undefined} />;
}

function AuditLog({ ready }: { ready: boolean }) {
  const { t } = useTranslation("audit");
  const search = route.useSearch();
  const navigate = useNavigate();
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const list = useInfiniteQuery({
    ...auditQuery(toFilters(search)),
    enabled: ready,
    staleTime: 0,
    // Whoever has scrolled far is reading: only the newest page keeps itself fresh.
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? POLL_MS : false),
    placeholderData: (before) => before,
  });
  const change = (next: AuditSearch, replace = false) =>
    void navigate({ to: "/audit", search: next, replace, resetScroll: false });
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title={t("title")}
      actions={
        <a href={exportAddress(search)} download className={buttonStyle()}>
          <Download size={16} aria-hidden />
          {t("export")}
        </a>
      }
    >
      <Filters search={search} onChange={change} />
      <Stale>
        {list.data === undefined ? (
          list.error === null ? (
            <Loading>
              <Skeleton className="h-96" />
            </Loading>
          ) : (
            <ErrorState error={list.error} onRetry={() => void list.refetch()} />
          )
        ) : rows.length === 0 ? (
          <EmptyState
            icon={ScrollText}
            title={t(isFiltered(search) ? "empty.filtered" : "empty.title")}
            action={
              isFiltered(search) && <Button onClick={() => change({})}>{t("filter.clear")}</Button>
            }
          >
            {!isFiltered(search) && t("empty.text")}
          </EmptyState>
        ) : (
          <AuditList
            rows={rows}
            onOpen={setOpened}
            onEndReached={() => {
              if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
            }}
          />
        )}
      </Stale>
      <Suspense>
        {opened !== null && (
          <EntrySheet
            entry={opened}
            onClose={() => setOpened(null)}
            onFilter={(filter) => {
              setOpened(null);
              change({ ...search, ...filter });
            }}
          />
        )}
      </Suspense>
    </Page>
  );
}
