/** The text of a line: styled spans, links, and what the search found in it. */
import type { ReactNode } from "react";
import type { Drawn, Style } from "../model/ansi";
import { cssOf } from "../model/palette";
import type { Mark } from "../model/search";

type Piece = { from: number; to: number; style: Style | undefined; marked: boolean };

/** Cuts the text where a style or a mark begins or ends. */
function piecesOf(drawn: Drawn, marks: readonly Mark[]): Piece[] {
  const edges = new Set([0, drawn.text.length]);
  for (const { from, to } of [...drawn.spans, ...marks]) edges.add(from).add(to);
  const sorted = [...edges].filter((edge) => edge <= drawn.text.length).sort((a, b) => a - b);
  const over = <T extends Mark>(list: readonly T[], at: number) =>
    list.find(({ from, to }) => from <= at && at < to);
  return sorted.slice(0, -1).map((from, index) => ({
    from,
    to: sorted[index + 1] ?? from,
    style: over(drawn.spans, from)?.style,
    marked: over(marks, from) !== undefined,
  }));
}

function Styled({ style, children }: { style: Style; children: ReactNode }) {
  const css = cssOf(style);
  if (style.href !== undefined) {
    return (
      <a href={style.href} target="_blank" rel="noopener noreferrer" style={css}>
        {children}
      </a>
    );
  }
  return <span style={css}>{children}</span>;
}

export function StyledText({ drawn, marks }: { drawn: Drawn; marks: readonly Mark[] }) {
  if (drawn.spans.length === 0 && marks.length === 0) return drawn.text;
  return piecesOf(drawn, marks).map(({ from, to, style, marked }) => {
    const text = drawn.text.slice(from, to);
    const inner = marked ? <mark>{text}</mark> : text;
    if (style === undefined) return marked ? <mark key={from}>{text}</mark> : text;
    return (
      <Styled key={from} style={style}>
        {inner}
      </Styled>
    );
  });
}
