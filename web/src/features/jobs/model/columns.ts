/** Which columns of the jobs table are shown; the choice is kept in this browser. */
import { useState } from "react";
import { store, stored } from "@/lib/storage";

export const COLUMNS = [
  "id",
  "name",
  "status",
  "duration",
  "created",
  "origin",
  "provider",
  "by",
  "priority",
  "labels",
  "lines",
] as const;
export type ColumnId = (typeof COLUMNS)[number];

const FIRST: readonly ColumnId[] = [
  "id",
  "name",
  "status",
  "duration",
  "created",
  "origin",
  "provider",
  "by",
  "lines",
];
const KEY = "hodei.jobs.columns";

/** The saved choice; the name cannot be hidden. */
export function parseColumns(saved: string | null): ColumnId[] {
  if (saved === null) return [...FIRST];
  const named = new Set(saved.split(","));
  return COLUMNS.filter((column) => column === "name" || named.has(column));
}

export function useColumns() {
  const [shown, setShown] = useState(() => parseColumns(stored(KEY)));
  const toggle = (column: ColumnId, on: boolean) => {
    const next = COLUMNS.filter((one) => (one === column ? on : shown.includes(one)));
    store(KEY, next.join(","));
    setShown(next);
  };
  return { shown, toggle };
}
