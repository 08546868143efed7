/** Why providers do not take a job, one sentence each. */
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";

type Rejection = Schemas["RejectionView"];

export function Rejections({ title, items }: { title: string; items: readonly Rejection[] }) {
  const { t, i18n } = useTranslation();
  if (items.length === 0) return null;
  // The server's own sentences have the figures, and are in English.
  const english = i18n.language.startsWith("en");
  return (
    <div>
      <h3 className="mb-1 font-medium text-muted text-xs">{title}</h3>
      <ul className="flex flex-col gap-1.5">
        {items.map(({ provider, kind, reason }) => {
          const key = `kind.${kind}`;
          const words = i18n.exists(key)
            ? `Provider ${provider.name}: ${t(key as "kind.full")}`
            : reason;
          return (
            <li
              key={provider.id}
              lang={i18n.exists(key) ? undefined : "en"}
              className="text-sm [overflow-wrap:anywhere]"
            >
              {sentence(english ? reason : words)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The server's clauses begin small and end open. */
export const sentence = (clause: string): string =>
  clause === "" ? "" : `${clause.charAt(0).toUpperCase()}${clause.slice(1).replace(/\.$/, "")}.`;
