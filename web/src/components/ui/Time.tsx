/** Times: how long ago, and how long it has taken; both run while the page is open. */
import { useTranslation } from "react-i18next";
import { formatDuration, formatMoment, formatRelative, formatRelativeShort } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import { useNow } from "@/live/clock";

const SOON_MS = 2000;

type RelativeTimeProps = { at: string; short?: boolean; className?: string };

/** "5 minutes ago"; the exact moment is its title. */
export function RelativeTime({ at, short = false, className }: RelativeTimeProps) {
  const { i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useNow();
  const time = Date.parse(at);
  // The ticker is up to a second behind what has just been told.
  const seen = time - now < SOON_MS ? Math.min(time, now) : time;
  const format = short ? formatRelativeShort : formatRelative;
  return (
    <time dateTime={at} title={formatMoment(time, i18n.language, zone)} className={className}>
      {format(seen, now, i18n.language)}
    </time>
  );
}

type DurationProps = { from: string | null; to: string | null; className?: string };

/** From `from` to `to`, or to now while `to` is null; a dash when nothing has begun. */
export function Duration({ from, to, className }: DurationProps) {
  const { i18n } = useTranslation();
  const running = from !== null && to === null;
  const now = useNow(running);
  if (from === null) return <span className={className}>–</span>;
  const end = to === null ? now : Date.parse(to);
  const ms = Math.max(0, end - Date.parse(from));
  // A running clock shows whole seconds: tenths would only flicker.
  const shown = running ? Math.floor(ms / 1000) * 1000 : ms;
  return (
    <span className={className ?? "numeric"}>
      {running && shown === 0 ? "0s" : formatDuration(shown, i18n.language)}
    </span>
  );
}

/** The exact moment, in the zone that the person chose. */
export function Moment({ at, className }: { at: string; className?: string }) {
  const { i18n } = useTranslation();
  const { zone } = usePreferences();
  return (
    <time dateTime={at} className={className ?? "numeric"}>
      {formatMoment(Date.parse(at), i18n.language, zone)}
    </time>
  );
}
