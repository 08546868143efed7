/** A shell with all around it: what it is recorded, its keys, its end and how to go on. */
import { Accessibility, RotateCcw, ShieldCheck } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { Banner, Skeleton } from "@/components/ui/feedback";
import { store, stored } from "@/lib/storage";
import { bytesOf, type ExtraKey } from "../model/keys";
import type { Ended } from "../model/session";
import { KeyRow } from "./KeyRow";
import type { Handle } from "./Screen";

const Screen = lazy(() => import("./Screen"));
const PasteGuard = lazy(() => import("./PasteGuard"));

const READER = "hodei.terminal.reader";

/** `closed`: why no shell can be opened here any more. */
type Props = { jobId: string; closed: string | undefined };

export function Console({ jobId, closed }: Props) {
  const { t } = useTranslation("terminal");
  const [round, setRound] = useState(0);
  const [phase, setPhase] = useState<"connecting" | "open" | Ended>("connecting");
  const [reader, setReader] = useState(() => stored(READER) === "on");
  const [control, setControl] = useState(false);
  const [paste, setPaste] = useState<string | null>(null);
  const handle = useRef<Handle>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const ended = typeof phase === "object" ? phase : null;

  const again = () => {
    setPhase("connecting");
    setRound(round + 1);
  };
  const press = (key: ExtraKey) => {
    const screen = handle.current;
    screen?.type(bytesOf(key, screen.application()));
  };
  const switchReader = () => {
    store(READER, reader ? "off" : "on");
    setReader(!reader);
  };
  const closePaste = (text?: string) => {
    setPaste(null);
    if (text !== undefined) handle.current?.paste(text);
    requestAnimationFrame(() => handle.current?.focus());
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 text-sm text-muted sm:px-0">
        <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
          <ShieldCheck size={16} aria-hidden className="mt-0.5 shrink-0" />
          <span>
            {t("audited")} <span className="max-lg:hidden">{t("leave")}</span>
          </span>
        </p>
        <Button
          ref={toggle}
          size="sm"
          look="quiet"
          icon={Accessibility}
          aria-pressed={reader}
          onClick={switchReader}
        >
          {t(reader ? "reader.on" : "reader.off")}
        </Button>
      </div>
      <section
        aria-label={t("screen")}
        className="min-h-0 flex-1 overflow-hidden bg-console p-2 sm:rounded-card"
      >
        <Suspense fallback={<Skeleton className="h-full w-full" />}>
          <Screen
            jobId={jobId}
            round={round}
            screenReader={reader}
            control={control}
            onControlUsed={() => setControl(false)}
            onReady={(ready) => {
              handle.current = ready;
            }}
            onOpen={() => setPhase("open")}
            onEnd={setPhase}
            onGuard={setPaste}
            onLeave={() => toggle.current?.focus()}
          />
        </Suspense>
      </section>
      {ended === null ? (
        <p role="status" className="sr-only">
          {t(`phase.${phase as "connecting" | "open"}`)}
        </p>
      ) : (
        <End end={ended} closed={closed} onAgain={again} />
      )}
      <KeyRow control={control} onControl={setControl} onKey={press} />
      <Suspense>
        {paste !== null && (
          <PasteGuard text={paste} onClose={() => closePaste()} onPaste={closePaste} />
        )}
      </Suspense>
    </div>
  );
}

type EndProps = { end: Ended; closed: string | undefined; onAgain(): void };

function End({ end, closed, onAgain }: EndProps) {
  const { t } = useTranslation("terminal");
  const well = end.kind === "exit" && end.code === 0 && end.error === "";
  return (
    <Banner
      tone={well ? "info" : "warn"}
      className="mx-2 sm:mx-0"
      action={
        <Button size="sm" icon={RotateCcw} disabledReason={closed} onClick={onAgain}>
          {t(end.kind === "lost" ? "end.reconnect" : "end.again")}
        </Button>
      }
    >
      {end.kind === "exit" && t("end.exit", { code: end.code })}
      {end.kind === "exit" && end.error !== "" && ` ${end.error}`}
      {end.kind === "refused" && t("end.refused", { detail: end.detail })}
      {end.kind === "lost" && t("end.lost")}
    </Banner>
  );
}
