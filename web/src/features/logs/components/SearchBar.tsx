/** The search over the whole log: text or expression, how many match, next and previous. */
import { ALargeSmall, ChevronDown, ChevronUp, ListFilter, Regex, Search, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import type { Search as Found } from "../hooks/useSearch";
import { type Change, MAX_CONTEXT, type Settings } from "../model/settings";

const TYPING_MS = 250;

type SearchBarProps = {
  settings: Settings;
  search: Found;
  input: RefObject<HTMLInputElement | null>;
  onChange: Change;
};

export function SearchBar({ settings, search, input, onChange }: SearchBarProps) {
  const { t } = useTranslation("logs");
  const { query } = settings;
  const [text, setText] = useTyped(query.text, (next) =>
    onChange({ query: { ...query, text: next } }, "replace"),
  );
  const set = (change: Partial<Settings["query"]>) =>
    onChange({ query: { ...query, ...change } }, "push");
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") search.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && text !== "") setText("");
    else if (event.key === "Escape") event.currentTarget.blur();
    else return;
    event.preventDefault();
  };
  const some = query.text !== "";
  return (
    <div
      className={cn(
        "log-search group flex min-w-0 flex-1 flex-wrap items-center gap-1 sm:min-w-max sm:flex-nowrap",
        some && "is-used",
      )}
    >
      <div className="flex h-9 min-w-full flex-1 items-center gap-2 rounded-control border sm:min-w-48 border-control bg-console pl-2.5 focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-focus pointer-coarse:h-[46px]">
        <Search size={15} aria-hidden className="shrink-0 text-subtle" />
        <input
          ref={input}
          type="text"
          value={text}
          maxLength={200}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          aria-label={t("search.label")}
          placeholder={t("search.placeholder")}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keys}
          className="h-full min-w-0 flex-1 bg-transparent font-mono outline-none"
        />
        <Count search={search} some={some} />
        {some && (
          <IconButton
            size="iconSm"
            icon={X}
            label={t("search.clear")}
            onClick={() => setText("")}
          />
        )}
      </div>
      {/* On phones they take room only while somebody searches. */}
      <div className="log-toggles flex items-center gap-1 max-sm:hidden max-sm:group-focus-within:flex max-sm:group-[.is-used]:flex">
        <Toggle
          icon={Regex}
          label={t("search.regex")}
          on={query.regex}
          onSet={(regex) => set({ regex })}
        />
        <Toggle
          icon={ALargeSmall}
          label={t("search.case")}
          on={query.caseSensitive}
          onSet={(caseSensitive) => set({ caseSensitive })}
        />
        <Toggle
          icon={ListFilter}
          label={t("search.only")}
          on={settings.only}
          onSet={(only) => onChange({ only }, "push")}
        />
        {settings.only && some && (
          <ContextChoice
            value={settings.context}
            onChange={(context) => onChange({ context }, "push")}
          />
        )}
        <IconButton
          size="iconSm"
          icon={ChevronUp}
          label={t("search.previous")}
          disabled={!search.total}
          onClick={() => search.step(-1)}
        />
        <IconButton
          size="iconSm"
          icon={ChevronDown}
          label={t("search.next")}
          disabled={!search.total}
          onClick={() => search.step(1)}
        />
      </div>
    </div>
  );
}

/** What is typed, told on after a short pause; what comes from outside replaces it. */
function useTyped(value: string, tell: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== told) {
    setTold(value);
    setText(value);
  }
  useEffect(() => {
    if (text === told) return;
    const timer = setTimeout(
      () => {
        setTold(text);
        tell(text);
      },
      text === "" ? 0 : TYPING_MS,
    );
    return () => clearTimeout(timer);
  });
  return [text, setText];
}

function Count({ search, some }: { search: Found; some: boolean }) {
  const { t, i18n } = useTranslation("logs");
  if (!some) return null;
  const number = (value: number) => formatNumber(value, i18n.language);
  const { total, place, error } = search;
  const text =
    error !== undefined
      ? (error.violations[0]?.message ?? error.message)
      : total === undefined
        ? t("search.busy")
        : total === 0
          ? t("search.none")
          : t("search.place", { place: number((place ?? 0) + 1), total: number(total) });
  return (
    <output
      data-search-count=""
      title={text}
      className={cn(
        "numeric max-w-56 shrink-0 truncate text-xs",
        error === undefined && total !== 0 ? "text-muted" : "text-console-error",
      )}
    >
      {text}
    </output>
  );
}

type ToggleProps = {
  icon: typeof Regex;
  label: string;
  on: boolean;
  onSet(on: boolean): void;
};

const Toggle = ({ icon, label, on, onSet }: ToggleProps) => (
  <IconButton
    size="iconSm"
    icon={icon}
    label={label}
    aria-pressed={on}
    onClick={() => onSet(!on)}
    className={cn(on && "bg-raised text-console-info")}
  />
);

function ContextChoice({ value, onChange }: { value: number; onChange(value: number): void }) {
  const { t } = useTranslation("logs");
  const options = Array.from({ length: MAX_CONTEXT + 1 }, (_, lines) => lines);
  return (
    <select
      aria-label={t("search.context")}
      title={t("search.context")}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      className="h-8 rounded-control border border-hairline bg-console px-1.5 text-xs pointer-coarse:h-11"
    >
      {options.map((lines) => (
        <option key={lines} value={lines}>
          ±{lines}
        </option>
      ))}
    </select>
  );
}
