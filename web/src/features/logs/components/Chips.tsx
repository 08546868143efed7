/** Which levels and which stream are shown, and how many lines there are of each. */
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import {
  type Change,
  type LevelName,
  pressedLevel,
  type Settings,
  STREAMS,
  type StreamName,
} from "../model/settings";

/** Lines per level, as far as they are known. */
export type Counts = Partial<Record<LevelName, number>>;

type ChipsProps = { settings: Settings; counts: Counts; total: number; onChange: Change };

const HOLD_MS = 450;
const chip =
  "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-full border px-2.5 text-xs font-medium whitespace-nowrap transition-colors pointer-coarse:h-11 pointer-coarse:min-w-11 pointer-coarse:px-3.5";
const off = "border-hairline text-console-text hover:border-control";

const ON: Readonly<Record<LevelName | "ALL", string>> = {
  ALL: "border-console-text bg-console-text text-console",
  ERROR: "border-console-error bg-console-error text-console",
  WARN: "border-console-warn bg-console-warn text-console",
  INFO: "border-console-info bg-console-info text-console",
  DEBUG: "border-console-debug bg-console-debug text-console",
};
const DOT: Readonly<Record<LevelName, string>> = {
  ERROR: "bg-console-error",
  WARN: "bg-console-warn",
  INFO: "bg-console-info",
  DEBUG: "bg-console-debug",
};
const ORDER: readonly LevelName[] = ["INFO", "WARN", "ERROR"];

export function Chips({ settings, counts, total, onChange }: ChipsProps) {
  const { t, i18n } = useTranslation("logs");
  const count = (value: number | undefined) =>
    value === undefined ? "" : formatNumber(value, i18n.language);
  const { levels } = settings;
  const debug = (counts.DEBUG ?? 0) > 0 || levels.includes("DEBUG");
  const names = debug ? (["DEBUG", ...ORDER] as const) : ORDER;
  return (
    <fieldset className="flex items-center gap-1.5" title={t("level.hint")}>
      <legend className="sr-only">{t("level.label")}</legend>
      <button
        type="button"
        aria-pressed={levels.length === 0}
        onClick={() => onChange({ levels: [] }, "push")}
        className={cn(chip, levels.length === 0 ? ON.ALL : off)}
      >
        {t("level.all")} <span className="numeric opacity-80">{count(total)}</span>
      </button>
      {names.map((level) => (
        <LevelChip
          key={level}
          level={level}
          pressed={levels.includes(level)}
          count={count(counts[level])}
          onPress={(several) => onChange({ levels: pressedLevel(levels, level, several) }, "push")}
        />
      ))}
    </fieldset>
  );
}

type LevelChipProps = {
  level: LevelName;
  pressed: boolean;
  count: string;
  onPress(several: boolean): void;
};

/** A press chooses the level alone; with Shift, or held, it is added or taken away. */
function LevelChip({ level, pressed, count, onPress }: LevelChipProps) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(false);
  return (
    <button
      type="button"
      aria-pressed={pressed}
      data-level-chip={level}
      onPointerDown={(event) => {
        held.current = false;
        if (event.pointerType !== "touch") return;
        timer.current = setTimeout(() => {
          held.current = true;
          onPress(true);
        }, HOLD_MS);
      }}
      onPointerUp={() => clearTimeout(timer.current)}
      onPointerCancel={() => clearTimeout(timer.current)}
      onContextMenu={(event) => held.current && event.preventDefault()}
      onClick={(event) => !held.current && onPress(event.shiftKey)}
      className={cn(chip, "select-none", pressed ? ON[level] : off)}
    >
      <span
        aria-hidden
        className={cn("size-2 rounded-full", pressed ? "bg-console" : DOT[level])}
      />
      {level} <span className="numeric opacity-80">{count}</span>
    </button>
  );
}

const NAMES = ["all", ...STREAMS] as const;

export function StreamChoice({ settings, onChange }: Pick<ChipsProps, "settings" | "onChange">) {
  const { t } = useTranslation("logs");
  const value = settings.stream ?? "all";
  return (
    <fieldset className="flex shrink-0 rounded-control border border-hairline">
      <legend className="sr-only">{t("stream.label")}</legend>
      {NAMES.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={value === name}
          onClick={() =>
            onChange({ stream: name === "all" ? undefined : (name as StreamName) }, "push")
          }
          className={cn(
            "h-8 px-2.5 text-xs font-medium first-of-type:rounded-l-control last:rounded-r-control pointer-coarse:h-[46px] pointer-coarse:min-w-11 pointer-coarse:px-3.5",
            value === name ? "bg-console-text text-console" : "text-console-text hover:bg-raised",
          )}
        >
          {name === "all" ? t("stream.all") : name}
        </button>
      ))}
    </fieldset>
  );
}
