/** One of a few, as buttons: arrows move and choose, Tab comes to what is chosen. */
import type { KeyboardEvent, ReactNode } from "react";
import { chooseByArrows } from "./arrows";

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
  chooseByArrows(event, "radio");
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
