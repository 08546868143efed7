/** What narrows the list: states with counts, name, date; the rest as chips that can be removed. */

import { Search, SlidersHorizontal } from "lucide-react";
import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { JobPage } from "@/api/queries/jobs";
import { useProjectNames } from "@/api/queries/projects";
import { Button } from "@/components/ui/Button";
import { Chip, FilterChip } from "@/components/ui/Chip";
import { fadedEdges } from "@/components/ui/edges";
import { Input, Select } from "@/components/ui/Input";
import { StatusIcon } from "@/components/ui/StatusBadge";
import { formatNumber, shortId } from "@/lib/format";
import { cleared, isFiltered, STATES, statesOf, toggleState } from "../model/filters";
import type { JobsSearch } from "../search";

const DateRange = lazy(() =>
  import("@/components/ui/DateRange").then(({ DateRange }) => ({ default: DateRange })),
);
const FilterSheet = lazy(() => import("./FilterSheet"));

export type FiltersProps = {
  search: JobsSearch;
  counts: JobPage["counts"];
  /** Typing replaces the address, choosing adds to the history. */
  onChange(search: JobsSearch, replace?: boolean): void;
  box: RefObject<HTMLInputElement | null>;
  /** What the template or the schedule is called that the address names by its id. */
  names: { template: string | undefined; schedule: string | undefined };
};

const TYPING_MS = 200;

function SearchBox({ search, onChange, box }: Pick<FiltersProps, "search" | "onChange" | "box">) {
  const { t } = useTranslation("jobs");
  const [typed, setTyped] = useState(search.q ?? "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What is chosen while one types is kept: the address of that moment counts.
  const latest = useRef(search);
  useEffect(() => {
    latest.current = search;
  }, [search]);
  // Back and Clear change the address under the field.
  useEffect(() => setTyped(search.q ?? ""), [search.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <Input
      ref={box}
      type="search"
      icon={Search}
      aria-label={t("filter.search")}
      placeholder={t("filter.search")}
      maxLength={200}
      value={typed}
      className="sm:w-64"
      onChange={(event) => {
        const q = event.target.value;
        setTyped(q);
        clearTimeout(timer.current);
        timer.current = setTimeout(
          () => onChange({ ...latest.current, q: q || undefined }, true),
          TYPING_MS,
        );
      }}
    />
  );
}

function StateChips({
  search,
  counts,
  onChange,
}: Pick<FiltersProps, "search" | "counts" | "onChange">) {
  const { t, i18n } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const chosen = statesOf(search);
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  const written = (count: number | null | undefined) =>
    count == null ? undefined : formatNumber(count, i18n.language);
  return (
    <>
      <Chip
        pressed={chosen.length === 0}
        count={written(total)}
        onPress={() => onChange({ ...search, status: undefined })}
      >
        {t("filter.all")}
      </Chip>
      {STATES.map((state) => (
        <Chip
          key={state}
          pressed={chosen.includes(state)}
          count={written(counts && (counts[state] ?? 0))}
          onPress={() => onChange({ ...search, status: toggleState(search, state) })}
        >
          {!chosen.includes(state) && <StatusIcon state={state} size={14} />}
          {common(`state.${state}`)}
        </Chip>
      ))}
    </>
  );
}

/** Filters that are set by clicking on a value somewhere. */
function SetFilters({ search, onChange, names }: Omit<FiltersProps, "counts" | "box">) {
  const { t } = useTranslation("jobs");
  const named = [
    ["provider", t("filter.provider")],
    ["by", t("filter.by")],
    ["label", t("filter.labelled")],
    ["template", t("filter.template")],
    ["schedule", t("filter.schedule")],
  ] as const;
  return named.map(([name, word]) => {
    const value = search[name];
    if (!value) return null;
    const byId = name === "template" || name === "schedule";
    return (
      <FilterChip
        key={name}
        name={word}
        value={byId ? (names[name] ?? shortId(value)) : value}
        onRemove={() => onChange({ ...search, [name]: undefined })}
      />
    );
  });
}

/** A choice for whoever sees more than one project; one that the address names stays in sight. */
function ProjectFilter({ search, onChange }: Pick<FiltersProps, "search" | "onChange">) {
  const { t } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const names = useProjectNames("jobs.read") ?? [];
  const { project } = search;
  if (names.length < 2 && project === undefined) return null;
  const options = [...new Set([...names, ...(project === undefined ? [] : [project])])];
  return (
    <Select
      aria-label={t("filter.project")}
      value={project ?? ""}
      onChange={(next) => onChange({ ...search, project: next || undefined })}
      options={[
        { value: "", label: common("project.all") },
        ...options.map((value) => ({ value, label: value })),
      ]}
      className="w-44"
    />
  );
}

/** On desktops all in sight; on phones the states and a button that opens the rest. */
export function Filters({ search, counts, onChange, box, names }: FiltersProps) {
  const { t } = useTranslation("jobs");
  const [open, setOpen] = useState(false);
  const date = (
    <Suspense fallback={<span className="h-9 w-28" />}>
      <DateRange
        label={t("filter.date")}
        value={search}
        onChange={({ from, to }) => onChange({ ...search, from, to })}
      />
    </Suspense>
  );
  const clear = isFiltered(search) && (
    <Button look="quiet" onClick={() => onChange(cleared(search))}>
      {t("filter.clear")}
    </Button>
  );
  return (
    <search aria-label={t("filter.label")} className="flex flex-col gap-3 pb-4">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 sm:flex-none">
          <SearchBox search={search} onChange={onChange} box={box} />
        </div>
        <Button icon={SlidersHorizontal} className="sm:hidden" onClick={() => setOpen(true)}>
          {t("filter.label")}
        </Button>
        <div className="hidden flex-wrap items-center gap-2 sm:flex">
          <ProjectFilter search={search} onChange={onChange} />
          {date}
          <SetFilters search={search} onChange={onChange} names={names} />
          {clear}
        </div>
      </div>
      <div
        ref={fadedEdges}
        className="-mx-4 flex gap-2 overflow-x-auto px-4 py-0.5 [scrollbar-width:none] sm:mx-0 sm:flex-wrap sm:px-0"
      >
        <StateChips search={search} counts={counts} onChange={onChange} />
      </div>
      <Suspense>
        {open && (
          <FilterSheet onClose={() => setOpen(false)}>
            <ProjectFilter search={search} onChange={onChange} />
            {date}
            <SetFilters search={search} onChange={onChange} names={names} />
            <SortButtons search={search} onChange={onChange} />
            {clear}
          </FilterSheet>
        )}
      </Suspense>
    </search>
  );
}

function SortButtons({ search, onChange }: Pick<FiltersProps, "search" | "onChange">) {
  const { t } = useTranslation("jobs");
  const oldest = search.sort === "created";
  return (
    <div className="flex gap-2">
      <Chip pressed={!oldest} onPress={() => onChange({ ...search, sort: undefined })}>
        {t("sort.newest")}
      </Chip>
      <Chip pressed={oldest} onPress={() => onChange({ ...search, sort: "created" })}>
        {t("sort.oldest")}
      </Chip>
    </div>
  );
}
