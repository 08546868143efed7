/** The way of a job in steps, with the real time and length of each, and their shares as a bar. */
import {
  Ban,
  Check,
  Circle,
  CircleDashed,
  LoaderCircle,
  type LucideIcon,
  Minus,
  X,
} from "lucide-react";
import { cn } from "@/lib/cn";

export type PhaseState = "done" | "active" | "waiting" | "skipped" | "failed" | "stopped";

export type Phase = {
  key: string;
  label: string;
  state: PhaseState;
  /** The state in words, for those who do not see the icon. */
  stateText: string;
  /** When it began, and the same exactly. */
  time: string | null;
  exact: string | null;
  /** How long it took, or has taken. */
  length: string | null;
  /** The same in milliseconds. */
  lengthMs: number | null;
  note: string | null;
  /** Progress of an active one, 0..100. */
  percent: number | null;
};

const LOOKS: Record<PhaseState, { icon: LucideIcon; dot: string; bar: string }> = {
  done: { icon: Check, dot: "bg-succeeded text-surface", bar: "bg-succeeded" },
  active: { icon: LoaderCircle, dot: "bg-running text-surface", bar: "bg-running" },
  waiting: { icon: CircleDashed, dot: "bg-raised text-subtle", bar: "bg-raised" },
  skipped: { icon: Minus, dot: "bg-raised text-subtle", bar: "bg-control" },
  stopped: { icon: Ban, dot: "bg-cancelled text-surface", bar: "bg-cancelled" },
  failed: { icon: X, dot: "bg-failed text-surface", bar: "bg-failed" },
};

/** Shares below this one would not be seen. */
const LEAST_SHARE = 0.02;

export function PhaseTimeline({ phases, label }: { phases: readonly Phase[]; label: string }) {
  const total = phases.reduce((sum, phase) => sum + (phase.lengthMs ?? 0), 0);
  return (
    <div>
      <ol aria-label={label} className="flex flex-col sm:flex-row">
        {phases.map((phase, index) => (
          <Step key={phase.key} phase={phase} last={index === phases.length - 1} />
        ))}
      </ol>
      {total > 0 && (
        <div aria-hidden="true" className="mt-4 flex h-1.5 gap-0.5 overflow-hidden rounded-full">
          {phases
            .filter((phase) => phase.lengthMs !== null)
            .map(({ key, state, lengthMs }) => (
              <div
                key={key}
                data-ink
                className={cn("h-full", LOOKS[state].bar)}
                style={{ flexGrow: Math.max(LEAST_SHARE, (lengthMs ?? 0) / total) }}
              />
            ))}
        </div>
      )}
    </div>
  );
}

function Step({ phase, last }: { phase: Phase; last: boolean }) {
  const { icon: Icon, dot } = LOOKS[phase.state];
  const quiet = phase.state === "waiting" || phase.state === "skipped";
  return (
    <li
      aria-current={phase.state === "active" ? "step" : undefined}
      className="relative flex min-w-0 flex-1 gap-3 pb-4 sm:flex-col sm:gap-2 sm:pr-3 sm:pb-0"
    >
      {!last && (
        <span
          aria-hidden="true"
          className="absolute top-6 bottom-0 left-[9.5px] w-px bg-hairline sm:top-[9.5px] sm:right-1 sm:bottom-auto sm:left-7 sm:h-px sm:w-auto"
        />
      )}
      <span className={cn("grid size-5 shrink-0 place-items-center rounded-full", dot)}>
        {phase.state === "waiting" ? (
          <Circle aria-hidden="true" className="size-2 fill-current" />
        ) : (
          <Icon
            aria-hidden="true"
            strokeWidth={2.5}
            className={cn("size-3", phase.state === "active" && "animate-spin")}
          />
        )}
      </span>
      <div className="min-w-0 flex-1">
        <p className={cn("font-medium text-sm", quiet && "text-muted")}>
          {phase.label}
          <span className="sr-only">: {phase.stateText}</span>
        </p>
        <p className="numeric flex flex-wrap gap-x-2 text-xs">
          {phase.length !== null && <span className="text-text">{phase.length}</span>}
          {phase.time !== null && (
            <time className="text-subtle" title={phase.exact ?? undefined}>
              {phase.time}
            </time>
          )}
        </p>
        {phase.note !== null && <p className="break-words text-muted text-xs">{phase.note}</p>}
        {phase.percent !== null && (
          <div
            role="progressbar"
            aria-label={phase.label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={phase.percent}
            className="mt-1 h-1 max-w-40 overflow-hidden rounded-full bg-raised"
          >
            <div data-ink className="h-full bg-running" style={{ width: `${phase.percent}%` }} />
          </div>
        )}
      </div>
    </li>
  );
}
