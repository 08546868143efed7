/** Windows above the page: a dialog in the middle, and a sheet that comes from an edge. */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { IconButton } from "./Button";

const scrim = "fixed inset-0 z-50 bg-[rgb(5_8_13/60%)] animate-appear";

type WindowProps = {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the main one last. */
  footer?: ReactNode;
  className?: string;
};

function Frame({
  title,
  description,
  children,
  footer,
}: Omit<WindowProps, "open" | "onOpenChange">) {
  const { t } = useTranslation();
  return (
    <>
      <div className="flex items-start gap-4 px-5 pt-4 pb-3">
        <div className="min-w-0 flex-1 pt-1">
          <Radix.Title className="text-lg">{title}</Radix.Title>
          {description !== undefined && (
            <Radix.Description asChild>
              <div className="mt-1 text-muted">{description}</div>
            </Radix.Description>
          )}
        </div>
        <Radix.Close asChild>
          <IconButton icon={X} label={t("action.close")} className="-mr-2" />
        </Radix.Close>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>
      {footer && (
        <div className="flex flex-wrap justify-end gap-2 border-t border-hairline px-5 py-3">
          {footer}
        </div>
      )}
    </>
  );
}

/** Without a description, screen readers are told that there is none on purpose. */
const described = (description: ReactNode) =>
  description === undefined ? { "aria-describedby": undefined } : {};

export function Dialog({ open, onOpenChange, className, ...frame }: WindowProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={scrim} />
        <Radix.Content
          {...described(frame.description)}
          className={cn(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[min(85dvh,48rem)] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 animate-appear flex-col rounded-sheet bg-surface shadow-float",
            className,
          )}
        >
          <Frame {...frame} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** From below on phones, from the right on wider screens. */
export function Sheet({ open, onOpenChange, className, ...frame }: WindowProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={scrim} />
        <Radix.Content
          {...described(frame.description)}
          className={cn(
            "fixed inset-x-0 bottom-0 z-50 flex max-h-[88dvh] animate-rise flex-col rounded-t-sheet bg-surface shadow-float safe-bottom sm:inset-y-0 sm:right-0 sm:left-auto sm:max-h-none sm:w-105 sm:animate-slide sm:rounded-t-none sm:rounded-l-sheet",
            className,
          )}
        >
          <Frame {...frame} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
