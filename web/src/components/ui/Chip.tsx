/** Chips: one value of a filter that is on or off, and a filter that is set and can be taken away. */
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";

type ChipProps = {
  pressed: boolean;
  onPress(event: { shiftKey: boolean }): void;
  count?: string | undefined;
  children: ReactNode;
};

/** A toggle; `count` is a number already written for people. */
export const Chip = ({ pressed, onPress, count, children }: ChipProps) => (
  <button
    type="button"
    aria-pressed={pressed}
    onClick={onPress}
    className={cn(
      "inline-flex h-8 shrink-0 items-center gap-1.5 rounded-full border px-3 text-sm font-medium whitespace-nowrap transition-colors pointer-coarse:h-11 pointer-coarse:min-w-11 pointer-coarse:justify-center",
      pressed
        ? "border-text bg-text text-bg"
        : "border-hairline bg-surface text-muted hover:border-control hover:text-text",
    )}
  >
    {children}
    {count !== undefined && (
      <span className={cn("numeric text-xs", pressed ? "text-bg" : "text-subtle")}>{count}</span>
    )}
  </button>
);

type FilterChipProps = { name: string; value: string; onRemove(): void };

/** A filter in force, with a button that removes it. */
export function FilterChip({ name, value, onRemove }: FilterChipProps) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex h-8 max-w-full items-center rounded-full border border-hairline bg-raised pl-3 text-sm pointer-coarse:h-11">
      <span className="text-muted">{name}:&nbsp;</span>
      <span className="truncate font-medium">{value}</span>
      <button
        type="button"
        aria-label={t("action.remove", { what: `${name}: ${value}` })}
        onClick={onRemove}
        className="ml-1 grid size-8 place-items-center rounded-full text-muted hover:text-text pointer-coarse:size-11"
      >
        <X size={14} aria-hidden />
      </button>
    </span>
  );
}
