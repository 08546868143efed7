/** The page's terminal: a connection, the screen it draws on, and what the person sends. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/api/keys";
import { toast } from "@/components/ui/toast";
import type { ScreenHandle } from "../components/Screen";
import type { Admission } from "../model/admission";
import { Connection, type Size, type Wire } from "../model/connection";
import { withControl } from "../model/keys";
import { IDLE, type State } from "../model/machine";
import { cleaned, needsAsking } from "../model/paste";
import { divider } from "../model/theme";

function openWire(jobId: string, { rows, columns }: Size): Wire {
  const query = new URLSearchParams({ rows: `${rows}`, columns: `${columns}`, flow: "1" });
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const path = `/api/v1/jobs/${encodeURIComponent(jobId)}/terminal?${query}`;
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.binaryType = "arraybuffer";
  return socket;
}

/** The focus is the terminal's unless the person has put it somewhere. */
const focusIsFree = () => {
  const holder = document.activeElement;
  return holder === null || holder === document.body || holder.matches("h1, main");
};
const byTouch = () => matchMedia("(pointer: coarse)").matches;

export function useTerminal(jobId: string, admission: Admission) {
  const { t } = useTranslation("terminal");
  const client = useQueryClient();
  const [state, setState] = useState<State>(IDLE);
  /** Whether there was a shell on this page, whose output is still worth reading. */
  const [entered, setEntered] = useState(false);
  const [screen, setScreen] = useState<ScreenHandle | null>(null);
  const [ctrl, setCtrl] = useState(false);
  /** What waits for a word of the person before it is pasted; null when nothing does. */
  const [asked, setAsked] = useState<string | null>(null);
  const screenNow = useRef<ScreenHandle | null>(null);
  const connection = useRef<Connection>(undefined);

  useEffect(() => {
    const made = new Connection({
      open: (size) => openWire(jobId, size),
      draw: (bytes, done) => {
        if (screenNow.current === null) done();
        else screenNow.current.draw(bytes, done);
      },
      changed: (next) => {
        setState(next);
        if (next.phase !== "open") return;
        if (next.entered) setEntered(true);
        if (next.entered && !byTouch() && focusIsFree()) screenNow.current?.focus();
      },
      chance: Math.random,
    });
    connection.current = made;
    return () => {
      made.leave();
      setState(IDLE);
      setEntered(false);
    };
  }, [jobId]);

  useEffect(() => {
    if (screen !== null) connection.current?.resize(screen.size());
    if (screen === null) return;
    const { phase } = connection.current?.state ?? IDLE;
    if (admission === "open" && phase === "idle") connection.current?.connect();
    // There is nothing to wait for any more.
    if (admission === "over" && phase === "retrying") connection.current?.leave();
  }, [screen, admission]);

  // Whoever is not signed in any more is led to the sign-in by the answer to this.
  const refusedAs = state.phase === "refused" ? state.code : undefined;
  useEffect(() => {
    if (refusedAs === "unauthenticated") void client.invalidateQueries({ queryKey: keys.me() });
    if (refusedAs === "conflict") void client.invalidateQueries({ queryKey: keys.jobs.one(jobId) });
  }, [refusedAs, client, jobId]);

  const refusedInput = () => toast.failed(t("paste.full"));
  const put = (text: string) => {
    if (connection.current?.type(text) === false) refusedInput();
  };
  const paste = (text: string) => {
    setAsked(null);
    screenNow.current?.paste(cleaned(text));
    screenNow.current?.focus();
  };
  const asking = asked !== null;
  useEffect(() => {
    if (!asking) return;
    return () => {
      // After the window, which gives the focus back to the button that it came from.
      setTimeout(() => screenNow.current?.focus());
    };
  }, [asking]);

  return {
    state,
    entered,
    screen,
    ctrl,
    asked,
    holdCtrl: setCtrl,
    ready: (next: ScreenHandle | null) => {
      screenNow.current = next;
      setScreen(next);
    },
    resize: (size: Size) => connection.current?.resize(size),
    put,
    typed: (text: string) => {
      put(ctrl ? withControl(text) : text);
      setCtrl(false);
    },
    typedBytes: (text: string) => {
      if (connection.current?.typeBytes(text) === false) refusedInput();
    },
    paste,
    /** Pastes at once what cannot run by itself, and asks about the rest. */
    offerPaste: (text: string) => {
      if (text === "" || needsAsking(text)) setAsked(cleaned(text));
      else paste(text);
    },
    dropPaste: () => setAsked(null),
    /** A new shell on the same screen. */
    again: () => {
      const here = screenNow.current;
      if (here !== null) {
        if (entered) here.draw(divider(t("session.next"), here.otherScreen()));
        connection.current?.resize(here.size());
      }
      connection.current?.connect();
      here?.focus();
    },
  };
}
