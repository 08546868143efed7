/** The strip at the right edge: where in the log the warnings, errors and matches are. */
import type { MouseEvent } from "react";
import type { Marks } from "../hooks/useMarks";
import type { Search } from "../hooks/useSearch";

type StripProps = {
  total: number;
  marks: Marks | undefined;
  matches: Search["buckets"];
  top: number;
  onGo(line: number): void;
};

const COLOURS = {
  warn: "var(--console-warn)",
  error: "var(--console-error)",
  match: "var(--console-match-current)",
} as const;

/** Lines that a usual view has room for: a mark of a shorter log stands beside its line. */
const FEWEST = 36;

/** One path for all buckets that hold something: the more of their lines, the wider. */
function pathOf(buckets: readonly number[], lines: number, total: number): string {
  const tall = Math.max(lines, total / 250); // a mark can be seen, however long the log is
  return buckets
    .map((count, index) => {
      if (count === 0) return "";
      const wide = 3 + 7 * Math.sqrt(Math.min(1, count / lines));
      return `M10 ${index * lines}h-${wide.toFixed(1)}v${tall}h${wide.toFixed(1)}z`;
    })
    .join("");
}

/** For the pointer only: the keys e, w and n do the same. */
export function Strip({ total, marks, matches, top, onGo }: StripProps) {
  if (total === 0 || (marks === undefined && matches === undefined)) return null;
  const height = Math.max(total, FEWEST);
  const lines = marks?.bucket_lines ?? 1;
  const go = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    onGo(Math.min(total, Math.max(1, Math.round(share * height))));
  };
  const paths = [
    { d: pathOf(marks?.buckets.map(({ warn }) => warn) ?? [], lines, height), fill: COLOURS.warn },
    {
      d: pathOf(marks?.buckets.map(({ error }) => error) ?? [], lines, height),
      fill: COLOURS.error,
    },
    { d: pathOf(matches?.buckets ?? [], matches?.bucket_lines ?? 1, height), fill: COLOURS.match },
  ];
  return (
    <svg
      aria-hidden
      data-strip=""
      viewBox={`0 0 10 ${height}`}
      preserveAspectRatio="none"
      className="hidden h-full w-2.5 shrink-0 cursor-pointer border-l border-hairline bg-surface lg:block"
      onClick={go}
    >
      {paths.map(({ d, fill }) => d !== "" && <path key={fill} d={d} fill={fill} />)}
      <path
        d={`M0 ${Math.min(top, total)}h10`}
        stroke="var(--console-text)"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
