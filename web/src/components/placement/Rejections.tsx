/** Why providers do not take a job, one sentence each. */
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Said } from "@/components/ui/Said";

type Rejection = Schemas["RejectionView"];

export function Rejections({ title, items }: { title: string; items: readonly Rejection[] }) {
  useTranslation(); // so that they are said anew when the language changes
  if (items.length === 0) return null;
  return (
    <div>
      <h3 className="mb-1 font-medium text-muted text-xs">{title}</h3>
      <ul className="flex flex-col gap-1.5">
        {items.map(({ provider, reason }) => (
          <li key={provider.id} className="text-sm [overflow-wrap:anywhere]">
            <Said text={reason} as={sentence} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The server's clauses begin small and end open. */
export const sentence = (clause: string): string =>
  clause.replace(/^./, (first) => first.toUpperCase()).replace(/[^.?!]$/, "$&.");
