/** Which attempt is shown; nothing while there is only one. */
import { useTranslation } from "react-i18next";
import { SegmentedControl } from "@/components/ui/Tabs";
import type { Job } from "../model/timeline";

type Props = {
  job: Job;
  /** Null: the newest one. */
  value: number | null;
  onChange: (attempt: number | null) => void;
};

export function AttemptChoice({ job, value, onChange }: Props) {
  const { t } = useTranslation("job-detail");
  const newest = job.attempts.at(-1)?.number;
  if (job.attempts.length < 2 || newest === undefined) return null;
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden="true" className="text-muted text-sm max-sm:hidden">
        {t("timeline.attempts")}
      </span>
      <SegmentedControl
        label={t("timeline.attempts")}
        value={String(value ?? newest)}
        onChange={(next) => onChange(Number(next) === newest ? null : Number(next))}
        options={job.attempts.map(({ number }) => ({
          value: String(number),
          label: <span className="numeric">{number}</span>,
        }))}
        className="[&_button]:min-w-8"
      />
    </span>
  );
}
