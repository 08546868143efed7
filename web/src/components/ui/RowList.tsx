/** A short list inside a card: what each thing is, a line of facts, and what can be done with it. */
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

type RowListProps = { label: string; children: ReactNode };

export const RowList = ({ label, children }: RowListProps) => (
  <ul aria-label={label} className="divide-y divide-hairline border-t border-hairline">
    {children}
  </ul>
);

type RowProps = {
  title: ReactNode;
  /** Beside the title. */
  badges?: ReactNode;
  /** Under the title; each one keeps together. */
  facts?: readonly ReactNode[];
  actions?: ReactNode;
  faded?: boolean;
};

export const Row = ({ title, badges, facts = [], actions, faded = false }: RowProps) => (
  <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
    <div className={cn("min-w-0 flex-1 basis-44", faded && "text-muted")}>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 font-medium [overflow-wrap:anywhere]">{title}</span>
        {badges}
      </p>
      {facts.length > 0 && (
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-muted">
          {facts.map((fact, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the facts of a row keep their order
            <span key={index}>{fact}</span>
          ))}
        </p>
      )}
    </div>
    {actions && <div className="flex shrink-0 items-center gap-2">{actions}</div>}
  </li>
);
