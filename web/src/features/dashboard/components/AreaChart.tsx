/** A small chart of a share over time, drawn as SVG; its table says the same in numbers. */
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { formatClock, formatPercent } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { areaPath, axis, linePath, type Point, perHour, stretches } from "../model/area";

const BOX = { width: 480, height: 96 };

type AreaChartProps = {
  points: readonly Point[];
  range: readonly [number, number];
  /** A hole longer than this (ms) breaks the line. */
  gap: number;
  title: string;
};

export function AreaChart({ points, range: wanted, gap, title }: AreaChartProps) {
  const { i18n } = useTranslation();
  const { zone } = usePreferences();
  const id = useId();
  const range = axis(points, wanted);
  const parts = stretches(points, gap);
  const clock = (at: number) => formatClock(at, i18n.language, zone).slice(0, 5);
  const middle = (range[0] + range[1]) / 2;
  return (
    <figure>
      <svg
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        className="h-24 w-full text-running"
      >
        {[0, 0.5, 1].map((share) => (
          <line
            key={share}
            x1="0"
            x2={BOX.width}
            y1={share * (BOX.height - 1) + 0.5}
            y2={share * (BOX.height - 1) + 0.5}
            stroke="var(--c-hairline)"
            vectorEffect="non-scaling-stroke"
          />
        ))}
        {parts.map((part) => (
          <g key={part[0]?.[0]}>
            <path d={areaPath(part, range, BOX)} fill="currentColor" opacity="0.14" />
            <path
              d={linePath(part, range, BOX)}
              fill="none"
              stroke="currentColor"
              strokeWidth="1.5"
              strokeLinejoin="round"
              vectorEffect="non-scaling-stroke"
            />
          </g>
        ))}
      </svg>
      <div aria-hidden className="numeric flex justify-between pt-1 text-xs text-subtle">
        <span>{clock(range[0])}</span>
        <span>{clock(middle)}</span>
        <span>{clock(range[1])}</span>
      </div>
      <figcaption id={id} className="sr-only">
        {title}
      </figcaption>
      <table aria-labelledby={id} className="sr-only">
        <tbody>
          {perHour(points).map(([at, share]) => (
            <tr key={at}>
              <th scope="row">{clock(at)}</th>
              <td>{formatPercent(share, i18n.language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
