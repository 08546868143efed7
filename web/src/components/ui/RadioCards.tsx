/** One of a few choices that need a sentence each. */
import { RadioGroup } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

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
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className={cn("grid gap-3 sm:grid-cols-2", className)}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          className="flex min-h-16 flex-col items-start justify-start rounded-card border border-hairline bg-surface px-4 py-3 text-left hover:border-control data-[state=checked]:border-brand data-[state=checked]:shadow-[inset_0_0_0_1px_var(--c-brand)]"
        >
          <span className="font-medium">{option.title}</span>
          <span className="text-sm text-muted">{option.text}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
