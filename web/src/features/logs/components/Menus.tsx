/** The menus of the tool bar: the time column, and the log as a file, all of it or a part. */
import { Clock, Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { Menu, MenuItem, MenuLine, MenuRadio, MenuTitle } from "@/components/ui/Menu";
import { downloadUrl, fetchFile } from "../data/download";
import type { Viewer } from "../hooks/useViewer";
import { type Filter, TIMES, type TimeMode } from "../model/settings";

const FORMATS = [
  { format: "txt", gz: false, label: "txt" },
  { format: "ndjson", gz: false, label: "ndjson" },
  { format: "txt", gz: true, label: "txtGz" },
] as const;

function DownloadMenu({ viewer }: { viewer: Viewer }) {
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

type TimeMenuProps = { value: TimeMode; onChange(times: TimeMode): void };

function TimeMenu({ value, onChange }: TimeMenuProps) {
  const { t } = useTranslation("logs");
  return (
    <Menu
      label={t("time.label")}
      align="start"
      trigger={<IconButton size="iconSm" icon={Clock} label={t("time.label")} />}
    >
      <MenuRadio
        value={value}
        onChange={onChange}
        options={TIMES.map((mode) => ({ value: mode, label: t(`time.${mode}`) }))}
      />
    </Menu>
  );
}

type MenusProps = { viewer: Viewer; times: TimeMode; onTimes(times: TimeMode): void };

export default function Menus({ viewer, times, onTimes }: MenusProps) {
  return (
    <>
      <TimeMenu value={times} onChange={onTimes} />
      <DownloadMenu viewer={viewer} />
    </>
  );
}
