/** How much of a limit is used, as a bar with its numbers in words. */
import { cn } from "@/lib/cn";

type Props = {
  label: string;
  used: number;
  /** Null: there is no limit, or it is not known. */
  limit: number | null;
  /** The numbers as a person reads them: "312 MiB of 512 MiB". */
  text: string;
  className?: string;
};

const HIGH = 0.75;
const FULL = 0.92;

export function CapacityBar({ label, used, limit, text, className }: Props) {
  const share = limit === null || limit <= 0 ? null : Math.min(1, Math.max(0, used / limit));
  const colour =
    share === null || share < HIGH ? "bg-running" : share < FULL ? "bg-timeout" : "bg-failed";
  return (
    <div className={cn("min-w-0", className)}>
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="text-muted">{label}</span>
        <span className="numeric truncate font-medium">{text}</span>
      </div>
      {share !== null && (
        <>
          <meter aria-label={label} className="sr-only" value={share}>
            {text}
          </meter>
          <div aria-hidden="true" className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-raised">
            <div
              data-ink
              className={cn("h-full rounded-full", colour)}
              style={{ width: `${share * 100}%` }}
            />
          </div>
        </>
      )}
    </div>
  );
}
