/** The newest state of jobs that live topics told: an answer asked for before may come after it. */
import type { Schemas } from "./client";

type JobRow = Schemas["JobRowView"];

/** Many more than change while an answer is on its way. */
const MOST = 2_000;
const known = new Map<string, JobRow>();

/** Remembers rows as a topic tells them. */
export function noteRows(rows: readonly JobRow[]): void {
  for (const row of rows) {
    known.delete(row.id);
    known.set(row.id, row);
  }
  for (const id of known.keys()) {
    if (known.size <= MOST) break;
    known.delete(id);
  }
}

/** Newer rows in place of the ones that `rows` holds; what it does not hold is not added. */
export function patchRows(rows: readonly JobRow[], changed: ReadonlyMap<string, JobRow>): JobRow[] {
  return rows.map((row) => {
    const next = changed.get(row.id);
    return next !== undefined && next.version >= row.version ? next : row;
  });
}

/** The same rows, newer ones in place of those that a topic has told more of. */
export const newest = (rows: readonly JobRow[]): JobRow[] => patchRows(rows, known);

/** Another person may know less. */
export function forgetRows(): void {
  known.clear();
}
