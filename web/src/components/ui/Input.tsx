/** Fields for text, numbers with a unit, and a choice out of a few. */
import { ChevronDown, type LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { useField } from "./Field";

export const controlStyle =
  "w-full min-w-0 rounded-control border border-control bg-surface px-3 text-text transition-colors hover:border-muted disabled:opacity-60 aria-invalid:border-failed";

const height = "h-9 pointer-coarse:h-11";

type InputProps = ComponentProps<"input"> & { icon?: LucideIcon };

export function Input({ icon: Icon, className, ...rest }: InputProps) {
  const field = useField(rest);
  const input = (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      {...field}
      className={cn(controlStyle, height, Icon && "pl-9", className)}
    />
  );
  if (Icon === undefined) return input;
  return (
    <span className="relative block">
      <Icon
        size={16}
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-subtle"
      />
      {input}
    </span>
  );
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  const field = useField(rest);
  return (
    <textarea
      spellCheck={false}
      rows={4}
      {...rest}
      {...field}
      className={cn(controlStyle, "min-h-20 py-2", className)}
    />
  );
}

type NumberWithUnitProps = Omit<ComponentProps<"input">, "type" | "value" | "onChange"> & {
  value: string;
  onChange(value: string): void;
} & (
    | { unit: string; units?: undefined }
    | {
        unit: string;
        units: readonly { value: string; label: string }[];
        unitLabel: string;
        onUnit(unit: string): void;
      }
  );

/** A number and its unit, which is fixed or one of `units`. The value stays text while typed. */
export function NumberWithUnit(props: NumberWithUnitProps) {
  const { value, onChange, unit, units, className, ...more } = props;
  const { unitLabel, onUnit, ...rest } = more as typeof more & {
    unitLabel?: string;
    onUnit?: (unit: string) => void;
  };
  const field = useField(rest);
  return (
    <span className={cn("flex min-w-0", className)}>
      <input
        inputMode="decimal"
        autoComplete="off"
        {...rest}
        {...field}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={cn(controlStyle, height, "numeric rounded-r-none focus-visible:z-1")}
      />
      {units === undefined ? (
        <span className="-ml-px flex items-center rounded-r-control border border-control bg-raised px-3 text-sm text-muted">
          {unit}
        </span>
      ) : (
        <span className="relative -ml-px">
          <select
            aria-label={unitLabel}
            value={unit}
            onChange={(event) => onUnit?.(event.target.value)}
            className={cn(
              controlStyle,
              height,
              "w-auto appearance-none rounded-l-none bg-raised pr-8 text-sm",
            )}
          >
            {units.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </select>
          <Chevron />
        </span>
      )}
    </span>
  );
}

const Chevron = () => (
  <ChevronDown
    size={16}
    aria-hidden
    className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-muted"
  />
);

type SelectProps = Omit<ComponentProps<"select">, "onChange"> & {
  options: readonly { value: string; label: string; disabled?: boolean }[];
  onChange(value: string): void;
  /** `quiet` has no border until it is pointed at: for lists. */
  look?: "field" | "quiet";
};

/** The browser's own list, as phones and screen readers know it best. */
export function Select({ options, onChange, look = "field", className, ...rest }: SelectProps) {
  const field = useField(rest);
  return (
    <span className={cn("relative block", className)}>
      <select
        {...rest}
        {...field}
        onChange={(event) => onChange(event.target.value)}
        className={cn(
          controlStyle,
          height,
          "appearance-none truncate pr-9",
          look === "quiet" && "h-8 border-transparent bg-transparent px-2 pr-8",
        )}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <Chevron />
    </span>
  );
}
