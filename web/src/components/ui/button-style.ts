/** How a button looks, for what is a button and for links that look like one. */
import { cva, type VariantProps } from "class-variance-authority";

export const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 aria-disabled:opacity-50 aria-busy:cursor-progress [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-brand text-white hover:bg-brand-hover",
        secondary: "border border-control bg-surface text-text hover:bg-raised",
        quiet: "text-muted hover:bg-raised hover:text-text",
        danger: "bg-danger text-white hover:bg-danger-hover",
      },
      size: {
        md: "h-9 px-3.5 text-base pointer-coarse:h-11",
        sm: "h-8 px-2.5 text-sm pointer-coarse:h-11",
        icon: "size-9 pointer-coarse:size-11",
        iconSm: "size-8 pointer-coarse:size-11",
      },
    },
    defaultVariants: { look: "secondary", size: "md" },
  },
);

export type ButtonStyle = VariantProps<typeof buttonStyle>;
