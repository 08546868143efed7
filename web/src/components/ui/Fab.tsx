/** The round button at the bottom right: the one thing that is done most. */
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { ComponentProps } from "react";

function RoundAnchor({ label, ...rest }: ComponentProps<"a"> & { label: string }) {
  return (
    <a
      {...rest}
      title={label}
      className="fixed right-4 bottom-[calc(72px+env(safe-area-inset-bottom))] z-30 grid size-14 place-items-center rounded-full border border-transparent bg-brand text-white shadow-float transition-colors hover:bg-brand-hover sm:right-6 sm:bottom-6"
    >
      <Plus size={24} aria-hidden />
      <span className="sr-only">{label}</span>
    </a>
  );
}

export const Fab: LinkComponent<typeof RoundAnchor> = createLink(RoundAnchor);
