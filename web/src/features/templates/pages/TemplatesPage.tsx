/** `/templates`: jobs that are not typed twice. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { FileUp, Layers, Plus, Search } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useProjectNames } from "@/api/queries/projects";
import { type TemplateFilters, type TemplateRow, templatesQuery } from "@/api/queries/templates";
import { Button } from "@/components/ui/Button";
import { FilterChip } from "@/components/ui/Chip";
import { EmptyState, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { Input, Select } from "@/components/ui/Input";
import { Page } from "@/components/ui/Page";
import { useRefusal } from "@/components/ui/refusal";
import { Stale } from "@/components/ui/Stale";
import { toast } from "@/components/ui/toast";
import { useShortcuts } from "@/lib/shortcuts";
import { TemplateList } from "../components/TemplateList";
import type { ListSearch } from "../search";

const ImportDialog = lazy(() => import("../components/ImportDialog"));
const route = getRouteApi("/shell/templates");

/** Last runs and rates move on: they are read again while the page is looked at. */
const EVERY_MS = 15_000;

export default function TemplatesPage() {
  const { t } = useTranslation("templates");
  const search = route.useSearch();
  const navigate = useNavigate();
  const refusal = useRefusal("templates.manage");
  const [importing, setImporting] = useState(false);
  const { q, project, tag } = search;
  const filters: TemplateFilters = {
    ...(q && { q }),
    ...(project && { project }),
    ...(tag && { tag }),
  };
  const query = useQuery({
    ...templatesQuery(filters),
    refetchInterval: EVERY_MS,
    placeholderData: (before) => before,
  });
  const change = (next: ListSearch, replace = false) =>
    void navigate({ to: "/templates", search: next, replace, resetScroll: false });
  const create = () => void navigate({ to: "/templates/new" });
  const open = (template: TemplateRow) => {
    setImporting(false);
    toast.done(t("import.done", { name: template.name, version: template.version }));
    void navigate({ to: "/templates/$templateId", params: { templateId: template.id } });
  };
  const items = query.data?.items;
  const filtered = Object.keys(filters).length > 0;
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <Button icon={FileUp} disabledReason={refusal} onClick={() => setImporting(true)}>
            {t("import.open")}
          </Button>
          <Button look="primary" icon={Plus} disabledReason={refusal} onClick={create}>
            {t("edit.new")}
          </Button>
        </>
      }
    >
      {(filtered || (items?.length ?? 0) > 0) && <Filters search={search} onChange={change} />}
      <Stale>
        {items === undefined && query.error !== null ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : items === undefined ? (
          <Loading className="flex flex-col gap-2">
            <Skeleton className="h-10" />
            <Skeleton className="h-10" />
            <Skeleton className="h-10" />
          </Loading>
        ) : items.length > 0 ? (
          <TemplateList templates={items} onTag={(tag) => change({ ...search, tag })} />
        ) : filtered ? (
          <EmptyState
            icon={Search}
            title={t("list.noMatch")}
            action={<Button onClick={() => change({})}>{t("list.clear")}</Button>}
          />
        ) : (
          <EmptyState icon={Layers} title={t("list.empty")}>
            {t("list.emptyText")}
          </EmptyState>
        )}
      </Stale>
      <Suspense>
        {importing && <ImportDialog onClose={() => setImporting(false)} onDone={open} />}
      </Suspense>
    </Page>
  );
}

type FiltersProps = {
  search: ListSearch;
  onChange: (search: ListSearch, replace?: boolean) => void;
};

const TYPING_MS = 200;

function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation("templates");
  const { t: common } = useTranslation();
  const projects = useProjectNames("templates.read") ?? [];
  const [typed, setTyped] = useState(search.q ?? "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(search.q ?? ""), [search.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useShortcuts([{ keys: "/", label: t("list.search"), run: () => box.current?.focus() }]);
  const { project, tag } = search;
  return (
    <search aria-label={t("list.filters")} className="flex flex-wrap items-center gap-2 pb-4">
      <div className="w-full sm:w-64">
        <Input
          ref={box}
          type="search"
          icon={Search}
          aria-label={t("list.search")}
          placeholder={t("list.search")}
          maxLength={200}
          value={typed}
          onChange={(event) => {
            const q = event.target.value;
            setTyped(q);
            clearTimeout(timer.current);
            timer.current = setTimeout(
              () => onChange({ ...search, q: q || undefined }, true),
              TYPING_MS,
            );
          }}
        />
      </div>
      {(projects.length > 1 || project !== undefined) && (
        <Select
          aria-label={common("project.label")}
          value={project ?? ""}
          className="w-44"
          options={[
            { value: "", label: common("project.all") },
            ...[...new Set([...projects, ...(project ? [project] : [])])].map((value) => ({
              value,
              label: value,
            })),
          ]}
          onChange={(next) => onChange({ ...search, project: next || undefined })}
        />
      )}
      {tag !== undefined && (
        <FilterChip
          name={t("list.tag")}
          value={tag}
          onRemove={() => onChange({ ...search, tag: undefined })}
        />
      )}
    </search>
  );
}
