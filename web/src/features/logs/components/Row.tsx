/** One line of the console. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { formatBytes, formatNumber } from "@/lib/format";
import { type Drawn, draw, raw } from "../model/ansi";
import { titleOf } from "../model/fold";
import type { Line } from "../model/line";
import type { Marker } from "../model/search";
import { StyledText } from "./StyledText";

const drawings = new WeakMap<Line, Drawn>();

/** What is drawn of a line; kept as long as the line is. */
export function drawn(line: Line): Drawn {
  let known = drawings.get(line);
  if (known === undefined) {
    known = draw(line.m);
    drawings.set(line, known);
  }
  return known;
}

type RowProps = {
  line: Line;
  language: string;
  time: string;
  marker: Marker;
  picked: boolean;
  current: boolean;
  rawText: boolean;
  /** Lines are left out between this one and the one above. */
  gap: boolean;
  /** Lines that the group which begins here hides or shows; undefined when none begins. */
  group: number | undefined;
  folded: boolean;
  onFold: (line: number) => void;
  onWhole: (line: Line) => void;
};

const flag = (on: boolean | undefined) => (on ? "" : undefined);

export const Row = memo(function Row(props: RowProps) {
  const { line, language, time, marker, rawText, group } = props;
  const { t } = useTranslation("logs");
  const shown = rawText ? raw(line.m) : drawn(line);
  const tag = line.h ? "hodei" : line.l || (line.s === "stderr" ? "stderr" : "");
  const title = group === undefined || rawText ? undefined : titleOf(shown.text);
  return (
    <div
      className="log-row"
      data-n={formatNumber(line.n, language)}
      data-line={line.n}
      data-level={line.l || undefined}
      data-context={flag(line.x)}
      data-gap={flag(props.gap)}
      data-picked={flag(props.picked)}
      data-current={flag(props.current)}
    >
      {time !== "" && <span className="log-time">{time}</span>}
      {tag !== "" && <span className={`log-tag log-${tag}`}>{tag}</span>}
      <span className={title === undefined ? "log-text" : "log-text log-title"}>
        {group !== undefined && (
          <button
            type="button"
            tabIndex={-1}
            className="log-fold"
            aria-expanded={!props.folded}
            aria-label={t(props.folded ? "fold.open" : "fold.close", { count: group })}
            onClick={() => props.onFold(line.n)}
          >
            {props.folded ? (
              <ChevronRight size={14} aria-hidden className="inline" />
            ) : (
              <ChevronDown size={14} aria-hidden className="inline" />
            )}
          </button>
        )}
        {title === undefined || shown.spans.length > 0 ? (
          <StyledText drawn={shown} marks={marker(shown.text)} />
        ) : (
          <StyledText drawn={{ ...shown, text: title }} marks={marker(title)} />
        )}
        {group !== undefined && props.folded && (
          <span className="log-hodei"> {t("fold.lines", { count: group })}</span>
        )}
      </span>
      {shown.cut && (
        <button
          type="button"
          tabIndex={-1}
          className="log-more"
          onClick={() => props.onWhole(line)}
        >
          {t("line.whole", { size: formatBytes(line.m.length, language) })}
        </button>
      )}
    </div>
  );
});
