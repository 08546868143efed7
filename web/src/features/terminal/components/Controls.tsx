/** Above the console: the notice, how to leave it, and what can be done with its text. */
import { ClipboardPaste, Copy, ShieldCheck } from "lucide-react";
import type { Ref } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { Switch } from "@/components/ui/Toggle";
import type { State } from "../model/machine";

type ControlsProps = {
  state: State;
  /** Where the focus goes when the terminal is left by key. */
  wayOut: Ref<HTMLSpanElement>;
  screenReader: boolean;
  onScreenReader(on: boolean): void;
  onCopy(): void;
  onPaste(): void;
};

export function Controls(props: ControlsProps) {
  const { state, wayOut, screenReader, onScreenReader, onCopy, onPaste } = props;
  const { t } = useTranslation("terminal");
  const open = state.phase === "open";
  const connection = open && state.entered ? "open" : "opening";
  const shown = open || state.phase === "connecting" ? connection : "closed";
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 pb-1 text-sm sm:px-0 sm:pb-0">
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2 text-muted">
        <ShieldCheck size={16} aria-hidden className="mt-0.5 shrink-0" />
        <span>
          <strong className="font-medium text-text">{t("audited.title")}</strong>{" "}
          {t("audited.detail")}
        </span>
      </p>
      <div className="flex w-full flex-wrap items-center justify-between gap-x-3 sm:w-auto">
        <span role="status" data-terminal-state={shown} className="text-muted">
          {t(`connection.${shown}`)}
        </span>
        <Switch checked={screenReader} onChange={onScreenReader} label={t("screenReader")} />
        <span className="flex" ref={wayOut}>
          <IconButton icon={Copy} label={t("copy")} onClick={onCopy} />
          <IconButton
            icon={ClipboardPaste}
            label={t("paste.paste")}
            disabledReason={open ? undefined : t("connection.none")}
            onClick={onPaste}
          />
        </span>
      </div>
    </div>
  );
}
