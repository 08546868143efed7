/** The last lines of a job's newest attempt, live; nothing but lines. */
import "./console.css";
import { type CSSProperties, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { wholeLog } from "../data/source";
import { useLiveLog, useReader } from "../hooks/useReader";
import type { Line } from "../model/line";
import { Row } from "./Row";

type LatestLogsProps = {
  jobId: string;
  /** Number of the newest attempt; null while the job has none. */
  attempt: number | null;
  count?: number;
  className?: string;
};

const noMarks = () => [];
const nothing = () => undefined;

export function LatestLogs({ jobId, attempt, count = 8, className }: LatestLogsProps) {
  const { t, i18n } = useTranslation("logs");
  const source = useMemo(
    () => (attempt === null ? null : wholeLog(jobId, attempt)),
    [jobId, attempt],
  );
  const reader = useReader(source === null ? "" : `${jobId}/${attempt}`, source, undefined);
  useLiveLog(jobId, reader);
  const total = reader?.store.total ?? 0;
  const lines: Line[] = [];
  for (let row = Math.max(0, total - count); row < total; row += 1) {
    const line = reader?.store.get(row);
    if (line !== undefined) lines.push(line);
  }
  const ended = reader?.meta?.ended ?? attempt === null;
  const digits = String(Math.max(total, 100)).length + 1;
  const style = { "--gutter": `${digits}ch`, "--row": "20px" } as CSSProperties;
  return (
    <div
      data-latest-logs=""
      data-console=""
      className={cn("log-console overflow-hidden rounded-card py-2 font-mono text-xs", className)}
      style={{ ...style, minHeight: count * 20 + 16 }}
    >
      {lines.length === 0 && (
        <p className="px-4 text-console-time">
          {attempt === null ? t("state.waitingJob") : t(ended ? "state.nothing" : "state.waiting")}
        </p>
      )}
      {lines.map((line) => (
        <Row
          key={line.n}
          line={line}
          language={i18n.language}
          time=""
          marker={noMarks}
          picked={false}
          current={false}
          rawText={false}
          gap={false}
          group={undefined}
          folded={false}
          onFold={nothing}
          onWhole={nothing}
        />
      ))}
    </div>
  );
}
