/** The log viewer within another page: it keeps its settings to itself. */
import { useState } from "react";
import { useLook } from "../hooks/useLook";
import type { LineRange } from "../model/permalink";
import type { Settings } from "../model/settings";
import { settingsOf } from "../search";
import { LogViewer } from "./LogViewer";

type EmbeddedLogsProps = { jobId: string; className?: string };

export function EmbeddedLogs({ jobId, className }: EmbeddedLogsProps) {
  const [look, remember] = useLook();
  const [settings, setSettings] = useState<Settings>(() => settingsOf({}, look));
  const [range, setRange] = useState<LineRange>();
  return (
    <LogViewer
      jobId={jobId}
      settings={settings}
      onChange={(change) => {
        remember(change);
        setSettings((now) => ({ ...now, ...change }));
      }}
      range={range}
      onRange={setRange}
      className={className}
    />
  );
}
