/** The numbers of a chart as a table, newest first. */
import { useTranslation } from "react-i18next";
import type { Series } from "./plot";
import { spread } from "./scale";

type Props = {
  caption: string;
  times: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
};

const MOST_ROWS = 200;

export function ChartTable({ caption, times, series, format, formatTime }: Props) {
  const { t } = useTranslation();
  const rows = spread(times.length, MOST_ROWS).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the keyboard
    <section tabIndex={0} aria-label={caption} className="max-h-60 overflow-auto">
      <table className="numeric w-full text-right text-xs">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-surface text-subtle">
          <tr>
            <th scope="col" className="py-1 pr-4 text-left font-medium">
              {t("charts.time")}
            </th>
            {series.map(({ key, label }) => (
              <th key={key} scope="col" className="py-1 pl-4 font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row} className="border-t">
              <th scope="row" className="py-1 pr-4 text-left font-normal text-muted">
                {formatTime(times[row] ?? 0)}
              </th>
              {series.map(({ key, values }) => {
                const value = values[row];
                return (
                  <td key={key} className="py-1 pl-4">
                    {value == null ? "–" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
