/** One of a few, as buttons: arrows move and choose, Tab comes to what is chosen. */
import type { KeyboardEvent, ReactNode } from "react";

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

type RadioGroupProps<T extends string> = {
  label: string;
  value: T;
  onChange(value: T): void;
  /** `name` is the accessible name where the content has none. */
  options: readonly { value: T; content: ReactNode; name?: string | undefined }[];
  className: string;
  itemClass: string;
};

function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.key === "Enter") event.preventDefault(); // sends forms, and chooses nothing
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")];
  const from = all.indexOf(document.activeElement as HTMLElement);
  const next = all[(from + step + all.length) % all.length];
  next?.focus();
  next?.click();
}

export function RadioGroup<T extends string>(props: RadioGroupProps<T>) {
  const { label, value, onChange, options, className, itemClass } = props;
  const chosen = options.findIndex((option) => option.value === value);
  return (
    <div role="radiogroup" aria-label={label} onKeyDown={onKeyDown} className={className}>
      {options.map((option, index) => (
        // biome-ignore lint/a11y/useSemanticElements: an input cannot hold what these hold
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={index === chosen}
          aria-label={option.name}
          tabIndex={index === Math.max(0, chosen) ? 0 : -1}
          onClick={() => index !== chosen && onChange(option.value)}
          className={itemClass}
        >
          {option.content}
        </button>
      ))}
    </div>
  );
}
