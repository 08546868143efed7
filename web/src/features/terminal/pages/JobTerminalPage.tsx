/** A shell inside a running job; on phones it has the whole screen. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isCancelling, jobQuery } from "@/api/queries/jobs";
import { meQuery } from "@/api/queries/system";
import { mayDo } from "@/api/roles";
import { copyText } from "@/components/ui/Copy";
import { ButtonLink } from "@/components/ui/Link";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { toast } from "@/components/ui/toast";
import { shortId } from "@/lib/format";
import { store, stored } from "@/lib/storage";
import { useJobTopic } from "@/live/topics";
import { Controls } from "../components/Controls";
import { KeyRow } from "../components/KeyRow";
import { Note } from "../components/Note";
import { SessionBar } from "../components/SessionBar";
import { useTerminal } from "../hooks/useTerminal";
import { useVisibleHeight } from "../hooks/useVisibleHeight";
import { admissionOf } from "../model/admission";
import { type Key, sequenceOf } from "../model/keys";

const Screen = lazy(() => import("../components/Screen"));
const PasteDialog = lazy(() => import("../components/PasteDialog"));
const route = getRouteApi("/shell/jobs/$jobId/terminal");
const READER = "hodei.terminal.screenReader";

function useScreenReader() {
  const [on, setOn] = useState(() => stored(READER) === "on");
  const choose = (next: boolean) => {
    setOn(next);
    store(READER, next ? "on" : "off");
  };
  return [on, choose] as const;
}

export default function JobTerminalPage() {
  const { t } = useTranslation("terminal");
  const { jobId } = route.useParams();
  useJobTopic(jobId);
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  const { data: me } = useQuery(meQuery());
  const admission = admissionOf(job, me && mayDo(me, "terminal.open", job?.project));
  const session = useTerminal(job?.id ?? jobId, admission);
  const [screenReader, setScreenReader] = useScreenReader();
  const height = useVisibleHeight();
  const wayOut = useRef<HTMLSpanElement>(null);
  const name = job?.name ?? shortId(jobId);
  useEffect(() => {
    document.title = `${t("pageTitle", { name })} · Hodei`;
  }, [t, name]);

  const { state, screen } = session;
  const shown = job && (isCancelling(job) ? "CANCELLING" : job.state);
  const live = state.phase === "open" || state.phase === "connecting";
  const covered = !session.entered && (state.phase === "idle" || admission === "over");

  const copy = (text: string) => {
    if (text === "") toast.info(t("nothingSelected"));
    else void copyText(text).then(() => toast.done(t("copied")));
  };
  const readClipboard = async () => {
    try {
      session.offerPaste(await navigator.clipboard.readText());
    } catch {
      session.offerPaste(""); // not allowed, or plain HTTP: it is pasted by hand
    }
  };
  const press = (key: Key) => {
    if (key === "ctrl") session.holdCtrl(!session.ctrl);
    else session.put(sequenceOf(key, screen?.applicationKeys() ?? false));
  };
  return (
    <div
      style={height === undefined ? undefined : { height }}
      className="fixed inset-x-0 top-0 z-40 flex h-dvh flex-col bg-bg pt-[env(safe-area-inset-top)] sm:static sm:z-auto sm:gap-3 sm:px-6 sm:pt-4 sm:pb-4 lg:px-8"
    >
      <header className="flex min-h-12 shrink-0 items-center gap-2 px-2 sm:min-h-9 sm:px-0">
        <ButtonLink
          to="/jobs/$jobId"
          params={{ jobId }}
          look="quiet"
          size="icon"
          icon={ArrowLeft}
          aria-label={t("backToJob", { name })}
        />
        <h1 tabIndex={-1} className="min-w-0 truncate text-lg">
          {name} <span className="font-normal text-subtle">{t("title")}</span>
        </h1>
        {shown && <StatusBadge state={shown} />}
      </header>
      <Controls
        state={state}
        wayOut={wayOut}
        screenReader={screenReader}
        onScreenReader={setScreenReader}
        onCopy={() => copy(screen?.selection() ?? "")}
        onPaste={() => void readClipboard()}
      />
      <section
        aria-label={t("console")}
        data-console
        className="flex min-h-0 flex-1 flex-col overflow-hidden border-y border-hairline bg-console text-console-text sm:rounded-card sm:border"
      >
        <div className="relative min-h-0 flex-1">
          <Suspense>
            <Screen
              label={t("input")}
              tooMuchOutput={t("tooMuchOutput")}
              screenReader={screenReader}
              readOnly={!live}
              onReady={session.ready}
              onType={session.typed}
              onTypeBytes={session.typedBytes}
              onSize={session.resize}
              onPaste={session.offerPaste}
              onCopy={copy}
              onLeave={() => wayOut.current?.querySelector("button")?.focus()}
            />
          </Suspense>
          {covered && (
            <Note admission={admission} job={job} error={error} onRetry={() => void refetch()} />
          )}
        </div>
        {!covered && <SessionBar state={state} admission={admission} onAgain={session.again} />}
        <KeyRow ctrl={session.ctrl} onKey={press} disabled={!live} />
      </section>
      <p className="hidden shrink-0 text-sm text-subtle pointer-fine:block">{t("leave")}</p>
      <Suspense>
        {session.asked !== null && (
          <PasteDialog text={session.asked} onPaste={session.paste} onClose={session.dropPaste} />
        )}
      </Suspense>
    </div>
  );
}
