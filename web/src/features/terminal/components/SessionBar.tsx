/** Under the console: what became of the shell, and the way to another one. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Banner } from "@/components/ui/feedback";
import { said } from "@/i18n/phrases";
import { formatDuration } from "@/lib/format";
import { useNow } from "@/live/clock";
import type { Admission } from "../model/admission";
import type { State } from "../model/machine";
import { reasonOf } from "../model/reasons";

/** What a state means, in words; undefined while a shell is open or opens. */
function useWords(state: State, inSeconds: number): string | undefined {
  const { t, i18n } = useTranslation("terminal");
  const { t: common } = useTranslation();
  switch (state.phase) {
    case "ended": {
      const reason = reasonOf(state.error);
      if (reason === undefined) return t("ended.exit", { code: state.code });
      if (reason.name === "other") return t("ended.other", { text: said(reason.text) });
      if (reason.name === "full") return t("ended.full", { limit: reason.count });
      if (reason.name !== "idle") return t(`ended.${reason.name}`);
      return t("ended.idle", { time: formatDuration(reason.seconds * 1000, i18n.language) });
    }
    case "lost":
      return t("lost.text");
    case "retrying": {
      const wait = t("retrying.text", { time: formatDuration(inSeconds * 1000, i18n.language) });
      return state.detail === "" ? wait : `${said(state.detail)} ${wait}`;
    }
    case "refused": {
      const key = `error.title.${state.code}`;
      const title = i18n.exists(key) ? common(key as "error.title.unknown") : "";
      const words = title || common("error.title.unknown");
      return state.detail === "" ? words : `${words}: ${said(state.detail)}`;
    }
    default:
      return undefined;
  }
}

function useSecondsLeft(state: State): number {
  const waits = state.phase === "retrying";
  const now = useNow(waits);
  const since = useRef({ state, at: now });
  if (since.current.state !== state) since.current = { state, at: now };
  if (!waits) return 0;
  return Math.max(0, Math.ceil((state.inMs - (now - since.current.at)) / 1000));
}

type SessionBarProps = { state: State; admission: Admission; onAgain(): void };

export function SessionBar({ state, admission, onAgain }: SessionBarProps) {
  const { t } = useTranslation("terminal");
  const words = useWords(state, useSecondsLeft(state));
  const button = useRef<HTMLDivElement>(null);
  const dead = state.phase === "ended" || state.phase === "lost";
  useEffect(() => {
    // The terminal takes no keys any more: who was in it is led to the way on.
    const inside = document.activeElement?.closest(".terminal-screen") ?? null;
    if (dead && inside !== null) button.current?.querySelector("button")?.focus();
  }, [dead]);
  if (words === undefined) return null;
  const fresh = state.phase === "ended" || state.phase === "refused";
  const over = admission === "over" || admission === "cancelling";
  const clean = state.phase === "ended" && state.error === "" && state.code === 0;
  return (
    <div ref={button} data-terminal-end={state.phase}>
      <Banner
        tone={clean ? "info" : "warn"}
        className="rounded-none"
        action={
          <Button
            look={over ? "secondary" : "primary"}
            disabledReason={over ? t(`${admission}.reason`) : undefined}
            onClick={onAgain}
          >
            {t(fresh ? "session.new" : "session.reconnect")}
          </Button>
        }
      >
        {words}
      </Banner>
    </div>
  );
}
