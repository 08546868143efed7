/** Queued, Image Pulled, Running, Cleanup: with the times that the attempt really had. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Phase, PhaseTimeline } from "@/components/charts";
import { Card } from "@/components/ui/Card";
import { formatClock, formatDuration, formatMoment } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { useNow } from "@/live/clock";
import { type Job, lengthOf, type Step, timelineOf } from "../model/timeline";
import { AttemptChoice } from "./AttemptChoice";

export function Timeline({ job }: { job: Job }) {
  const { t } = useTranslation("job-detail");
  const [chosen, setChosen] = useState<number | null>(null);
  const steps = timelineOf(job, chosen ?? undefined);
  const active = steps.some(({ state }) => state === "active");
  const now = useNow(active);
  const phaseOf = usePhase();
  return (
    <Card
      id="timeline"
      title={t("timeline.title")}
      actions={<AttemptChoice job={job} value={chosen} onChange={setChosen} />}
    >
      <PhaseTimeline label={t("timeline.title")} phases={steps.map((step) => phaseOf(step, now))} />
    </Card>
  );
}

function usePhase(): (step: Step, now: number) => Phase {
  const { t, i18n } = useTranslation("job-detail");
  const { zone } = usePreferences();
  return (step, now) => {
    const { name, state, start, end, note, detail } = step;
    const ms = lengthOf(step, now);
    const running = ms !== null && end === null;
    // A running clock shows whole seconds: tenths would only flicker.
    const shown = running ? Math.floor(ms / 1000) * 1000 : ms;
    const percent = percentOf(detail);
    const words = note === null ? null : t(`timeline.note.${note}`);
    return {
      key: name,
      label: t(`timeline.${name}`),
      state,
      stateText: t(`timeline.state.${state}`),
      time: start === null ? null : formatClock(start, i18n.language, zone),
      exact: start === null ? null : formatMoment(start, i18n.language, zone),
      length: shown === null ? null : lengthText(shown, running, i18n.language),
      lengthMs: ms,
      note: words === null || detail === "" ? words : noteText(words, detail, percent),
      percent: percent === null ? null : Math.min(100, percent),
    };
  };
}

/** A pull says how far it is; everything else that is said is why it waits. */
const percentOf = (detail: string) => (/^\d+%$/.test(detail) ? Number.parseInt(detail, 10) : null);

const noteText = (words: string, detail: string, percent: number | null) =>
  percent === null ? `${words}: ${detail}` : `${words} ${detail}`;

const lengthText = (ms: number, running: boolean, language: string) =>
  running && ms === 0 ? "0s" : formatDuration(ms, language);
