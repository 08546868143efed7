/**
 * Fold groups of a log: `---`, `+++` or `~~~` and a title begin a section that lasts until the
 * next one; `::group::` lasts until `::endgroup::`. All are open until somebody folds them.
 */
import type { Span } from "./line";

export type Group = {
  /** Number of the line with the title. */
  readonly line: number;
  /** Number of the last line that folds away; less than `line` + 1 for an empty group. */
  readonly last: number;
};

/** The groups that the marks of a log of `total` lines describe. */
export function groupsOf(lines: readonly number[], kinds: string, total: number): Group[] {
  const groups: Group[] = [];
  const close = (open: number | undefined, last: number) => {
    if (open !== undefined && last > open) groups.push({ line: open, last });
  };
  let section: number | undefined;
  let inner: number | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? 0;
    const kind = kinds[at];
    if (kind === "-" && kinds[at + 1] === "+" && lines[at + 1] === line + 1) {
      at += 1; // the two lines above a diff
      continue;
    }
    if (kind === "e") {
      close(inner, line);
      inner = undefined;
      continue;
    }
    close(inner, line - 1);
    inner = kind === "g" ? line : undefined;
    if (kind !== "g") {
      close(section, line - 1);
      section = line;
    }
  }
  close(inner, total);
  close(section, total);
  return groups.sort((a, b) => a.line - b.line);
}

/** What the folded groups hide, as places (line number - 1). */
export function hiddenBy(groups: readonly Group[], folded: ReadonlySet<number>): Span[] {
  return groups
    .filter((group) => folded.has(group.line))
    .map((group) => ({ from: group.line, to: group.last }));
}

/** The folded groups without those that hide `line`. */
export function revealing(
  groups: readonly Group[],
  folded: ReadonlySet<number>,
  line: number,
): ReadonlySet<number> {
  const over = groups.filter(
    (group) => folded.has(group.line) && group.line < line && line <= group.last,
  );
  if (over.length === 0) return folded;
  const open = new Set(folded);
  for (const group of over) open.delete(group.line);
  return open;
}

const TITLE = /^(?:(?:---|\+\+\+|~~~) |::group::)/;

/** The title in a line that begins a group. */
export const titleOf = (text: string): string => text.replace(TITLE, "");
