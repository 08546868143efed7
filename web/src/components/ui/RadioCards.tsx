/** One of a few choices that need a sentence each. */
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { RadioGroup } from "./Radio";

type RadioCardsProps<T extends string> = {
  label: string;
  value: T;
  onChange(value: T): void;
  options: readonly { value: T; title: string; text: ReactNode }[];
  className?: string;
};

export function RadioCards<T extends string>(props: RadioCardsProps<T>) {
  const { label, value, onChange, options, className } = props;
  return (
    <RadioGroup
      label={label}
      value={value}
      onChange={onChange}
      className={cn("grid gap-3 sm:grid-cols-2", className)}
      itemClass="flex min-h-16 flex-col items-start justify-start rounded-card border border-hairline bg-surface px-4 py-3 text-left hover:border-control aria-checked:border-brand aria-checked:shadow-[inset_0_0_0_1px_var(--c-brand)]"
      options={options.map((option) => ({
        value: option.value,
        content: (
          <>
            <span className="font-medium">{option.title}</span>
            <span className="text-sm text-muted">{option.text}</span>
          </>
        ),
      }))}
    />
  );
}
