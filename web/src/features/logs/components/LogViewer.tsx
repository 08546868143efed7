/** The log viewer: bars, console, strip and status line over one attempt of a job. */
import { fadedEdges } from "@/components/ui/edges";
import "./console.css";
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "@/components/ui/Copy";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { downloadUrl, fetchFile } from "../data/download";
import { useLogKeys } from "../hooks/useLogKeys";
import { useSearch } from "../hooks/useSearch";
import { useViewer } from "../hooks/useViewer";
import type { Line } from "../model/line";
import { formatHash, type LineRange, parseHash } from "../model/permalink";
import { markerOf } from "../model/search";
import type { Change, Settings } from "../model/settings";
import { AttemptChoice } from "./AttemptChoice";
import { Chips, StreamChoice } from "./Chips";
import { Console } from "./Console";
import { Empty } from "./Empty";
import { SearchBar } from "./SearchBar";
import { StatusBar, useBroken } from "./StatusBar";
import { Strip } from "./Strip";
import { ToolBar } from "./ToolBar";

export type LogViewerProps = {
  jobId: string;
  settings: Settings;
  onChange: Change;
  /** Lines that are highlighted, and where the viewer opens. */
  range: LineRange | undefined;
  onRange(range: LineRange): void;
  /** Before the bars: on phones the way back. */
  leading?: ReactNode;
  className?: string | undefined;
};

const LineDialog = lazy(() => import("./LineDialog"));
const LinePrompt = lazy(() => import("./LinePrompt"));
const FORGET_UNDO_MS = 30_000;

export function LogViewer(props: LogViewerProps) {
  const { jobId, settings, onChange, range, onRange, leading, className } = props;
  const { t } = useTranslation("logs");
  const frame = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [rawText, setRawText] = useState(false);
  const [whole, setWhole] = useState<Line>();
  const [asking, setAsking] = useState(false);
  const [full, setFull] = useFullScreen(frame);
  const viewer = useViewer(jobId, settings, range);
  const { base, attempt, session, marks, goTo, dispatch } = viewer;
  const total = base?.store.total ?? 0;
  const search = useSearch({
    sought: { jobId, attempt, levels: settings.levels, stream: settings.stream },
    query: settings.query,
    total,
    startLine: () => range?.first ?? viewer.topLine.current,
    onGo: goTo,
  });
  const pick = useRangeGone(range, onRange, goTo);
  const marker = useMemo(() => markerOf(settings.query), [settings.query]);
  const dimmed = useBroken(viewer);

  const copyLink = () => {
    const line = range ?? { first: viewer.topLine.current, last: viewer.topLine.current };
    const address = new URL(location.href);
    address.pathname = `/jobs/${viewer.job?.id ?? jobId}/logs`;
    if (attempt !== undefined) address.searchParams.set("attempt", String(attempt));
    address.searchParams.delete("tab");
    address.hash = formatHash(line);
    void copyText(address.href).then(() => toast.done(t("linkCopied", { line: line.first })));
  };
  useLogKeys({
    ...{ viewer, settings, search, range, input, onChange, onRange: pick },
    onCopyLink: copyLink,
    onAskLine: () => setAsking(true),
    onDownload: () => {
      const plain = { format: "txt", gz: false } as const;
      if (attempt !== undefined) fetchFile(downloadUrl(jobId, attempt, plain, viewer.filter));
    },
  });
  useEffect(() => {
    if (session.undo === undefined) return;
    const timer = setTimeout(() => dispatch({ type: "forget-undo" }), FORGET_UNDO_MS);
    return () => clearTimeout(timer);
  }, [session.undo, dispatch]);

  return (
    <section
      ref={frame}
      aria-label={t("title")}
      data-logs=""
      data-console=""
      className={cn(
        "log-console flex min-h-0 flex-col overflow-hidden rounded-card border border-hairline",
        full && "fixed inset-0 z-50 rounded-none border-0",
        className,
      )}
    >
      {leading}
      <div className="flex flex-col gap-1.5 border-b border-hairline bg-surface p-2 pointer-coarse:gap-2">
        <div className="log-bar flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
          <SearchBar settings={settings} search={search} input={input} onChange={onChange} />
          <div
            ref={fadedEdges}
            className="flex max-w-full items-center gap-2 overflow-x-auto [scrollbar-width:none]"
          >
            <Chips settings={settings} counts={viewer.counts} total={total} onChange={onChange} />
            <StreamChoice settings={settings} onChange={onChange} />
            <AttemptChoice viewer={viewer} onChange={onChange} />
          </div>
        </div>
        <ToolBar
          {...{ viewer, settings, rawText, full, onChange }}
          onRaw={setRawText}
          onFull={setFull}
          onCopyLink={copyLink}
        />
      </div>
      <div className="flex min-h-0 flex-1">
        <div className="relative min-w-0 flex-1">
          {base !== undefined && (
            <Console
              key={base === viewer.list ? "whole" : "filtered"}
              {...{ viewer, settings, range, onRange: pick, marker, rawText, dimmed }}
              current={search.line ?? viewer.cursor}
              onWhole={setWhole}
            />
          )}
          <Empty viewer={viewer} settings={settings} onChange={onChange} />
        </div>
        <Strip
          total={viewer.list === base ? total : 0}
          marks={marks}
          matches={search.buckets}
          top={viewer.topLine.current}
          onGo={goTo}
        />
      </div>
      <StatusBar viewer={viewer} />
      <Suspense>
        {whole && <LineDialog line={whole} onClose={() => setWhole(undefined)} />}
        {asking && <LinePrompt total={total} onClose={() => setAsking(false)} onGo={goTo} />}
      </Suspense>
    </section>
  );
}

/** Goes where the address points once it changes; what is picked here is on show already. */
function useRangeGone(
  range: LineRange | undefined,
  onRange: (range: LineRange) => void,
  goTo: (line: number) => void,
): (range: LineRange) => void {
  const hash = range && formatHash(range);
  const known = useRef(hash);
  useEffect(() => {
    if (hash === known.current) return;
    known.current = hash;
    const to = parseHash(hash ?? "");
    if (to !== undefined) goTo(to.first);
  }, [hash, goTo]);
  return (next) => {
    known.current = formatHash(next);
    onRange(next);
  };
}

/** The whole screen where the browser allows it, the whole window elsewhere. */
function useFullScreen(frame: { current: HTMLElement | null }): [boolean, (on: boolean) => void] {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => document.fullscreenElement === null && setFull(false);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  const set = (on: boolean) => {
    setFull(on);
    if (on) void frame.current?.requestFullscreen?.().catch(() => undefined);
    else if (document.fullscreenElement !== null) void document.exitFullscreen();
  };
  return [full, set];
}
