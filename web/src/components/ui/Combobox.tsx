/** A text field that suggests values while one types. */
import { useId, useState } from "react";
import { cn } from "@/lib/cn";
import { useField } from "./Field";
import { controlStyle } from "./Input";

type ComboboxProps = {
  value: string;
  onChange(value: string): void;
  suggestions: readonly { value: string; note?: string }[];
  /** The accessible name, when there is no Field around it. */
  label?: string;
  placeholder?: string;
  className?: string;
};

const MOST = 50;

/** A name is found with spaces where it has underscores. */
const plain = (text: string) => text.toLowerCase().replaceAll("_", " ");

export function Combobox({
  value,
  onChange,
  suggestions,
  label,
  placeholder,
  className,
}: ComboboxProps) {
  const made = useId();
  const field = useField();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const typed = plain(value.trim());
  const shown = suggestions.filter((one) => plain(one.value).includes(typed)).slice(0, MOST);
  const listed = open && shown.length > 0;
  const choose = (index: number) => {
    const chosen = shown[index];
    if (chosen !== undefined) onChange(chosen.value);
    setOpen(false);
    setActive(-1);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const by = event.key === "ArrowDown" ? 1 : -1;
      setActive((before) => (before + by + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && listed && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === "Escape" && listed) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <span className={cn("relative block", className)}>
      <input
        {...field}
        id={field.id ?? made}
        role="combobox"
        aria-label={label}
        aria-expanded={listed}
        aria-controls={`${made}-list`}
        aria-autocomplete="list"
        aria-activedescendant={listed && active >= 0 ? `${made}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={value}
        placeholder={placeholder}
        onChange={(event) => {
          onChange(event.target.value);
          setOpen(true);
          setActive(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        className={cn(controlStyle, "h-9 pointer-coarse:h-11")}
      />
      {listed && (
        <div
          id={`${made}-list`}
          role="listbox"
          aria-label={label ?? placeholder}
          className="absolute inset-x-0 top-full z-30 mt-1 max-h-64 animate-appear overflow-y-auto rounded-card bg-surface p-1 shadow-float"
        >
          {shown.map((one, index) => (
            <div
              key={one.value}
              id={`${made}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              // Before the field loses the focus, which closes the list.
              onPointerDown={(event) => {
                event.preventDefault();
                choose(index);
              }}
              className={cn(
                "flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-2.5 pointer-coarse:min-h-11",
                index === active ? "bg-raised" : "hover:bg-raised",
              )}
            >
              <span className="flex-1 truncate">{one.value}</span>
              {one.note && <span className="text-sm text-subtle">{one.note}</span>}
            </div>
          ))}
        </div>
      )}
    </span>
  );
}
