/** What one does with a log: hold it, clear it, change how it looks, take it away. */

import {
  ArrowDownToLine,
  Braces,
  Eraser,
  FoldVertical,
  Link2,
  type LucideIcon,
  Maximize,
  Minimize,
  Pause,
  Play,
  Undo2,
  UnfoldVertical,
  WrapText,
} from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/Button";
import { fadedEdges } from "@/components/ui/edges";
import { cn } from "@/lib/cn";
import type { Viewer } from "../hooks/useViewer";
import type { Change, Settings } from "../model/settings";

/** Menus are heavy: they come after the lines. */
const Menus = lazy(() => import("./Menus"));

type ToolBarProps = {
  viewer: Viewer;
  settings: Settings;
  rawText: boolean;
  full: boolean;
  onChange: Change;
  onRaw(on: boolean): void;
  onFull(on: boolean): void;
  onCopyLink(): void;
};

export function ToolBar(props: ToolBarProps) {
  const { viewer, settings, rawText, full, onChange, onRaw, onFull, onCopyLink } = props;
  const { session, dispatch } = viewer;
  const { t } = useTranslation("logs");
  const paused = session.frozen !== undefined;
  const live = viewer.base?.meta?.ended === false;
  return (
    <div
      ref={fadedEdges}
      role="toolbar"
      aria-label={t("toolbar")}
      className="flex min-w-0 items-center gap-1 overflow-x-auto [scrollbar-width:none]"
    >
      <Button
        size="sm"
        look="quiet"
        icon={paused ? Play : Pause}
        aria-pressed={paused}
        disabled={!live && !paused}
        onClick={() => dispatch({ type: paused ? "resume" : "pause" })}
        className={cn(paused && "bg-raised text-console-warn")}
      >
        {t(paused ? "resume" : "pause")}
      </Button>
      {session.undo === undefined ? (
        <Button size="sm" look="quiet" icon={Eraser} onClick={() => dispatch({ type: "clear" })}>
          {t("clear")}
        </Button>
      ) : (
        <Button size="sm" look="quiet" icon={Undo2} onClick={() => dispatch({ type: "undo" })}>
          {t("undoClear")}
        </Button>
      )}
      <Toggle
        icon={ArrowDownToLine}
        label={t("autoScroll")}
        on={session.follow}
        onSet={(on) => dispatch({ type: on ? "follow" : "unfollow" })}
      />
      <Line />
      <Toggle
        icon={WrapText}
        label={t("wrap")}
        on={settings.wrap}
        onSet={(wrap) => onChange({ wrap }, "replace")}
      />
      <FoldAll viewer={viewer} />
      <Toggle icon={Braces} label={t("raw")} on={rawText} onSet={onRaw} />
      <Line />
      <Suspense fallback={<span className="h-8 w-17 shrink-0 pointer-coarse:w-22" />}>
        <Menus
          viewer={viewer}
          times={settings.times}
          onTimes={(times) => onChange({ times }, "replace")}
        />
      </Suspense>
      <IconButton size="iconSm" icon={Link2} label={t("copyLink")} onClick={onCopyLink} />
      <IconButton
        size="iconSm"
        icon={full ? Minimize : Maximize}
        label={t(full ? "fullOff" : "full")}
        onClick={() => onFull(!full)}
      />
    </div>
  );
}

/** Folds every group, or opens all of them. */
function FoldAll({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation("logs");
  const { groups, folded, fold, filter } = viewer;
  const some = folded.size > 0;
  return (
    <IconButton
      size="iconSm"
      icon={some ? UnfoldVertical : FoldVertical}
      label={t(some ? "unfoldAll" : "foldAll")}
      disabledReason={
        groups.length === 0 ? t("fold.none") : filter === undefined ? undefined : t("fold.filtered")
      }
      onClick={() => fold(some ? new Set() : new Set(groups.map((group) => group.line)))}
    />
  );
}

const Line = () => <span aria-hidden className="mx-1 h-5 w-px shrink-0 bg-hairline" />;

type ToggleProps = {
  icon: LucideIcon;
  label: string;
  on: boolean;
  onSet(on: boolean): void;
};

const Toggle = ({ icon, label, on, onSet }: ToggleProps) => (
  <IconButton
    size="iconSm"
    icon={icon}
    label={label}
    aria-pressed={on}
    onClick={() => onSet(!on)}
    className={cn(on && "bg-raised text-console-info")}
  />
);
