/** Addresses of downloads. */
import type { Filter } from "../model/settings";
import { narrowed, wanted } from "./source";

export type Format = { format: "txt" | "ndjson"; gz: boolean };

/** The address of a download; without a filter the whole log. */
export function downloadUrl(
  jobId: string,
  attempt: number | undefined,
  { format, gz }: Format,
  filter?: Filter,
): string {
  const query = filter === undefined ? {} : { ...wanted(filter.query), ...narrowed(filter) };
  const parameters = new URLSearchParams({ attempt: String(attempt ?? 0), format });
  if (gz) parameters.set("gz", "1");
  for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
  return `/api/v1/jobs/${encodeURIComponent(jobId)}/logs/download?${parameters}`;
}

/** Lets the browser save an answer as a file. */
export function fetchFile(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
