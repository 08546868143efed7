/** Takes a log away as a file: all of it, or what the filter shows. */
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { Menu, MenuItem, MenuLine, MenuTitle } from "@/components/ui/Menu";
import { narrowed, wanted } from "../data/source";
import type { Viewer } from "../hooks/useViewer";
import type { Filter } from "../model/settings";

type Format = { format: "txt" | "ndjson"; gz: boolean };

const FORMATS = [
  { format: "txt", gz: false, label: "txt" },
  { format: "ndjson", gz: false, label: "ndjson" },
  { format: "txt", gz: true, label: "txtGz" },
] as const;

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

export function DownloadMenu({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation("logs");
  const { jobId, attempt, filter } = viewer;
  const items = (chosen: Filter | undefined) =>
    FORMATS.map((format) => (
      <MenuItem
        key={format.label}
        onSelect={() => fetchFile(downloadUrl(jobId, attempt, format, chosen))}
      >
        {t(`download.${format.label}`)}
      </MenuItem>
    ));
  return (
    <Menu
      label={t("download.label")}
      trigger={
        <IconButton
          size="iconSm"
          icon={Download}
          label={t("download.label")}
          disabledReason={attempt === undefined ? t("state.waitingJob") : undefined}
        />
      }
    >
      <MenuTitle>{t("download.all")}</MenuTitle>
      {items(undefined)}
      {filter !== undefined && (
        <>
          <MenuLine />
          <MenuTitle>{t("download.view")}</MenuTitle>
          {items(filter)}
        </>
      )}
    </Menu>
  );
}
