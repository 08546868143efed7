/** The next runs as rows: each in the schedule's zone and in the reader's, with changes of the clocks. */
import type { Slot } from "@/api/queries/schedules";

export type SlotRow = {
  slot: Slot;
  /** The clocks changed since the row above. */
  shift: { before: string; after: string } | null;
};

/** "+02:00" -> "UTC+02:00"; "+00:00" -> "UTC". */
export const offsetName = (offset: string): string =>
  /^[+-]00:00$|^Z$/.test(offset) ? "UTC" : `UTC${offset.replace("-", "−")}`;

export function rowsOf(slots: readonly Slot[]): SlotRow[] {
  return slots.map((slot, index) => {
    const above = slots[index - 1];
    const shifts = above !== undefined && above.offset !== slot.offset;
    return {
      slot,
      shift: shifts ? { before: offsetName(above.offset), after: offsetName(slot.offset) } : null,
    };
  });
}

/** A time without a zone ("2027-03-29T09:00:00"), or an instant in `zone`, as people write it. */
export function formatSlot(
  at: string,
  now: number,
  language: string,
  zone?: string,
  seconds = false,
): string {
  const wall = zone === undefined;
  const ms = Date.parse(wall ? `${at}Z` : at);
  const timeZone = zone ?? "UTC";
  const year = (time: number) => new Date(time).getUTCFullYear();
  return new Intl.DateTimeFormat(language, {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(year(ms) !== year(now) && { year: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    ...((seconds || ms % 60_000 !== 0) && { second: "2-digit" }),
    hourCycle: "h23",
    timeZone,
  }).format(ms);
}

/** Whether the rows need their seconds. */
export const withSeconds = (slots: readonly Slot[]): boolean =>
  slots.some(({ local }) => !local.endsWith(":00"));
