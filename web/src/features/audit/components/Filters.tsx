/** What narrows the audit log: results as chips, who and what as fields, the rest as removable chips. */

import { Search, UserRound } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Chip, FilterChip } from "@/components/ui/Chip";
import { fadedEdges } from "@/components/ui/edges";
import { Input } from "@/components/ui/Input";
import { isFiltered } from "../model/filters";
import { type AuditSearch, RESULTS } from "../search";

const DateRange = lazy(() =>
  import("@/components/ui/DateRange").then((module) => ({ default: module.DateRange })),
);

type FiltersProps = {
  search: AuditSearch;
  /** Typing replaces the address, choosing adds to the history. */
  onChange(search: AuditSearch, replace?: boolean): void;
};

const TYPING_MS = 300;
const FIELDS = [
  { name: "actor", icon: UserRound, most: 100 },
  { name: "action", icon: Search, most: 60 },
] as const;

type TypedProps = FiltersProps & (typeof FIELDS)[number];

function Typed({ search, onChange, name, icon, most }: TypedProps) {
  const { t } = useTranslation("audit");
  const value = search[name] ?? "";
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <Input
      type="search"
      icon={icon}
      aria-label={t(`filter.${name}`)}
      placeholder={t(`filter.${name}`)}
      maxLength={most}
      value={typed}
      autoCapitalize="off"
      onChange={(event) => {
        const next = event.target.value;
        setTyped(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(
          () => onChange({ ...search, [name]: next.trim() || undefined }, true),
          TYPING_MS,
        );
      }}
    />
  );
}

export function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation("audit");
  const set = [
    ["target", t("column.target"), search.target],
    ["project", t("column.project"), search.project],
    [
      "interface",
      t("column.from"),
      search.interface === undefined ? undefined : t(`interface.${search.interface}`),
    ],
    ["correlation", t("fact.correlation"), search.correlation],
  ] as const;
  return (
    <search aria-label={t("filter.label")} className="flex flex-col gap-3 pb-4">
      <div className="grid gap-2 sm:flex sm:flex-wrap sm:items-center">
        {FIELDS.map((field) => (
          <div key={field.name} className="sm:w-56">
            <Typed search={search} onChange={onChange} {...field} />
          </div>
        ))}
        <Suspense fallback={<span className="h-9 w-28" />}>
          <DateRange
            label={t("filter.date")}
            value={search}
            onChange={({ from, to }) => onChange({ ...search, from, to })}
          />
        </Suspense>
        {set.map(
          ([name, word, value]) =>
            value && (
              <FilterChip
                key={name}
                name={word}
                value={value}
                onRemove={() => onChange({ ...search, [name]: undefined })}
              />
            ),
        )}
        {isFiltered(search) && (
          <Button look="quiet" onClick={() => onChange({})}>
            {t("filter.clear")}
          </Button>
        )}
      </div>
      <div
        ref={fadedEdges}
        className="-mx-4 flex gap-2 overflow-x-auto px-4 py-0.5 [scrollbar-width:none] sm:mx-0 sm:px-0"
      >
        <Chip
          pressed={search.result === undefined}
          onPress={() => onChange({ ...search, result: undefined })}
        >
          {t("filter.all")}
        </Chip>
        {RESULTS.map((one) => (
          <Chip
            key={one}
            pressed={search.result === one}
            onPress={() => onChange({ ...search, result: one })}
          >
            {t(`result.${one}`)}
          </Chip>
        ))}
      </div>
    </search>
  );
}
