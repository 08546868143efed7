/**
 * What the viewer does with new lines: follow, hold, pause, clear.
 *
 * Following stops the moment somebody scrolls up and begins again at the bottom or by button.
 * Pausing freezes what is on show and goes on counting. Clearing hides what was there, in this
 * view only; it can be undone until it is done again.
 */

export type Session = {
  /** Rows known to exist. */
  readonly total: number;
  readonly follow: boolean;
  /** Rows on show since the pause; undefined while not paused. */
  readonly frozen: number | undefined;
  /** Rows that had been seen when following stopped. */
  readonly seen: number;
  /** Rows hidden by Clear. */
  readonly cleared: number;
  /** What Undo brings back; undefined when there is nothing to undo. */
  readonly undo: number | undefined;
};

export type Happening =
  | { readonly type: "grew"; readonly total: number }
  | { readonly type: "scrolled-up" | "reached-bottom" }
  | { readonly type: "follow" | "unfollow" }
  | { readonly type: "pause" | "resume" }
  | { readonly type: "clear" | "undo" | "forget-undo" };

export const startSession = (total: number, follow: boolean): Session => ({
  total,
  follow,
  frozen: undefined,
  seen: total,
  cleared: 0,
  undo: undefined,
});

/** Rows that exist for the viewer. */
export const shownRows = ({ frozen, total }: Session): number => frozen ?? total;

/** Rows that came since the pause, or since following stopped. */
export const newRows = ({ frozen, total, seen, follow }: Session): number => {
  if (frozen !== undefined) return total - frozen;
  return follow ? 0 : Math.max(0, total - seen);
};

export function after(session: Session, what: Happening): Session {
  switch (what.type) {
    case "grew": {
      if (what.total <= session.total) return session;
      const seen = session.follow && session.frozen === undefined ? what.total : session.seen;
      return { ...session, total: what.total, seen };
    }
    case "scrolled-up":
    case "unfollow":
      return session.follow ? { ...session, follow: false, seen: shownRows(session) } : session;
    case "reached-bottom":
    case "follow":
      return { ...session, follow: true, seen: shownRows(session) };
    case "pause":
      return session.frozen === undefined
        ? { ...session, frozen: session.total, seen: session.total }
        : session;
    case "resume":
      return { ...session, frozen: undefined, seen: session.follow ? session.total : session.seen };
    case "clear":
      return { ...session, cleared: shownRows(session), undo: session.cleared };
    case "undo":
      return session.undo === undefined
        ? session
        : { ...session, cleared: session.undo, undo: undefined };
    case "forget-undo":
      return { ...session, undo: undefined };
  }
}
