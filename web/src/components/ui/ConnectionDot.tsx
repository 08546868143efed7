/** How the live connection is: a dot whose shape and word change, not only its colour. */
import { useTranslation } from "react-i18next";
import { cn } from "@/lib/cn";
import type { Mode } from "@/live/machine";
import { useLiveMode } from "@/live/useTopic";
import { Tooltip } from "./Tooltip";

const LOOKS: Readonly<Record<Mode, string>> = {
  connecting: "border-2 border-subtle",
  live: "bg-succeeded",
  reconnecting: "border-2 border-timeout animate-pulse-soft",
  polling: "bg-timeout rounded-none",
  offline: "border-2 border-failed rounded-none",
};

/** `withWord` shows the word beside the dot; it is always there for screen readers. */
export function ConnectionDot({ withWord = false }: { withWord?: boolean }) {
  const { t } = useTranslation();
  const mode = useLiveMode();
  const word = t(`live.${mode}`);
  return (
    <Tooltip text={mode === "polling" ? t("live.pollingHint") : word}>
      <span
        role="status"
        data-live={mode}
        className="inline-flex items-center gap-2 text-sm text-muted"
      >
        <span aria-hidden className={cn("size-2 rounded-full", LOOKS[mode])} />
        <span className={cn(!withWord && mode === "live" && "sr-only")}>{word}</span>
      </span>
    </Tooltip>
  );
}
