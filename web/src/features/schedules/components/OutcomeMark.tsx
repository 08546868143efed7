/** What came of one run: an icon of its own shape, a colour and a word. */
import { useQuery } from "@tanstack/react-query";
import { CircleSlash, Hourglass, OctagonX, Replace } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Firing, type Outcome, type Schedule, stripQuery } from "@/api/queries/schedules";
import { Badge, type Tone } from "@/components/ui/Badge";
import { StatusBadge, StatusIcon } from "@/components/ui/StatusBadge";
import { formatMoment } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";

const LOOKS = {
  skipped_overlap: { icon: CircleSlash, text: "text-cancelled", tone: "neutral" },
  skipped_missed: { icon: CircleSlash, text: "text-cancelled", tone: "neutral" },
  skipped_paused: { icon: CircleSlash, text: "text-cancelled", tone: "neutral" },
  refused: { icon: OctagonX, text: "text-failed", tone: "bad" },
  replaced: { icon: Replace, text: "text-cancelled", tone: "neutral" },
  waiting: { icon: Hourglass, text: "text-pending", tone: "neutral" },
  submitting: { icon: Hourglass, text: "text-pending", tone: "info" },
  submitted: { icon: Hourglass, text: "text-pending", tone: "info" },
} as const satisfies Record<Outcome, { icon: unknown; text: string; tone: Tone }>;

/** What is known best: how its job stands, else what became of the run. */
export function useOutcomeText(): (firing: Firing) => string {
  const { t } = useTranslation("schedules");
  const { t: common } = useTranslation();
  return ({ outcome, job_state: state }) =>
    outcome === "submitted" && state !== null ? common(`state.${state}`) : t(`outcome.${outcome}`);
}

function OutcomeIcon({ firing: { outcome, job_state: state } }: { firing: Firing }) {
  if (outcome === "submitted" && state !== null) return <StatusIcon state={state} />;
  const { icon: Icon, text } = LOOKS[outcome];
  return <Icon size={16} aria-hidden className={`shrink-0 ${text}`} />;
}

export function OutcomeBadge({ firing }: { firing: Firing }) {
  const { outcome, job_state: state } = firing;
  const text = useOutcomeText();
  if (outcome === "submitted" && state !== null) return <StatusBadge state={state} />;
  const { icon, tone } = LOOKS[outcome];
  return (
    <Badge tone={tone} icon={icon} className="h-6">
      {text(firing)}
    </Badge>
  );
}

/** The last outcomes in a row, the newest on the right. */
export function Strip({ schedule }: { schedule: Schedule }) {
  const { t, i18n } = useTranslation("schedules");
  const { zone } = usePreferences();
  const text = useOutcomeText();
  const { data } = useQuery(stripQuery(schedule));
  if (schedule.last_firing === null) return <span className="text-subtle">{t("notYet")}</span>;
  const shown = [...(data ?? [schedule.last_firing])].reverse();
  return (
    <ol aria-label={t("strip", { count: shown.length })} className="flex items-center gap-1">
      {shown.map((firing) => {
        const when = formatMoment(Date.parse(firing.slot), i18n.language, zone);
        const words = t("outcomeAt", { outcome: text(firing), when });
        return (
          <li key={firing.slot} title={words}>
            <OutcomeIcon firing={firing} />
            <span className="sr-only">{words}</span>
          </li>
        );
      })}
    </ol>
  );
}
