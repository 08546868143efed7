/** A surface with a hairline: the frame of a section. Cards do not nest. */
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

type CardProps = {
  title?: ReactNode;
  actions?: ReactNode;
  /** Takes the padding away, for tables and lists that reach the edge. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
  id?: string;
};

export function Card({ title, actions, flush = false, className, children, id }: CardProps) {
  return (
    <section
      aria-labelledby={title !== undefined && id !== undefined ? `${id}-title` : undefined}
      id={id}
      className={cn("min-w-0 rounded-card border border-hairline bg-surface", className)}
    >
      {title !== undefined && (
        <header className="flex min-h-12 items-center justify-between gap-3 px-4 pt-1">
          <h2 id={id === undefined ? undefined : `${id}-title`} className="text-base">
            {title}
          </h2>
          {actions}
        </header>
      )}
      <div className={cn(!flush && "px-4 pb-4", !flush && title === undefined && "pt-4")}>
        {children}
      </div>
    </section>
  );
}

type StatTileProps = {
  label: ReactNode;
  /** Written for people; a skeleton while it is not known. */
  value: ReactNode;
  note?: ReactNode;
  icon?: ReactNode;
};

/** One number that matters. Wrap it in a link to where it comes from. */
export const StatTile = ({ label, value, note, icon }: StatTileProps) => (
  <span className="flex min-w-0 flex-col gap-1 p-4">
    <span className="flex items-center gap-2 text-sm text-muted">
      {icon}
      <span className="min-w-0">{label}</span>
    </span>
    <span className="numeric text-3xl font-semibold tracking-[-0.02em]">{value}</span>
    {note && <span className="text-sm text-muted">{note}</span>}
  </span>
);

type FactsProps = {
  facts: readonly (readonly [label: string, value: ReactNode])[];
  className?: string;
};

/** Names and values, one pair a line. */
export const Facts = ({ facts, className }: FactsProps) => (
  <dl
    className={cn(
      "grid grid-cols-[minmax(7rem,max-content)_minmax(0,1fr)] gap-x-6 gap-y-2.5",
      className,
    )}
  >
    {facts.map(([label, value]) => (
      <div key={label} className="contents">
        <dt className="text-muted">{label}</dt>
        <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
      </div>
    ))}
  </dl>
);
