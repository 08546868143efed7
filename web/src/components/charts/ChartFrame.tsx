/** What every chart has around it: title, legend with the value under the crosshair, summary. */
import { ChartLine, Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Token } from "./theme";

export type LegendItem = { key: string; label: string; colour: Token; value: string | null };

type Props = {
  title: string;
  summary: string;
  summaryId: string;
  legend: readonly LegendItem[];
  /** The moment under the crosshair. */
  at: string | null;
  table: boolean;
  onTable: ((table: boolean) => void) | undefined;
  children: ReactNode;
};

export function ChartFrame({
  title,
  summary,
  summaryId,
  legend,
  at,
  table,
  onTable,
  children,
}: Props) {
  const { t } = useTranslation();
  const Icon = table ? ChartLine : Table2;
  return (
    <figure className="min-w-0">
      <figcaption className="flex min-h-11 items-center gap-x-4 gap-y-1 lg:min-h-8">
        <p className="shrink-0 font-medium text-sm">{title}</p>
        <ul className="flex min-w-0 flex-wrap gap-x-4 text-muted text-xs">
          {legend.map(({ key, label, colour, value }) => (
            <li key={key} className="flex items-center gap-1.5">
              <span
                aria-hidden="true"
                data-ink
                className="h-0.5 w-3 rounded-full"
                style={{ background: `var(${colour})` }}
              />
              {label !== title && label}
              {value !== null && <span className="numeric font-medium text-text">{value}</span>}
            </li>
          ))}
        </ul>
        <span className="numeric ml-auto shrink-0 text-subtle text-xs">{at}</span>
        {onTable !== undefined && (
          <button
            type="button"
            aria-pressed={table}
            title={t(table ? "charts.chart" : "charts.table")}
            onClick={() => onTable(!table)}
            className="grid size-11 shrink-0 place-items-center rounded-control text-subtle hover:bg-raised hover:text-text lg:size-7"
          >
            <Icon aria-hidden="true" className="size-4" />
            <span className="sr-only">{t("charts.tableOf", { title })}</span>
          </button>
        )}
      </figcaption>
      <p id={summaryId} className="sr-only">
        {summary}
      </p>
      {children}
    </figure>
  );
}
