/** Choosing rows one by one, and with Shift all between two clicks. */
import { useRef } from "react";

export type Selection = {
  selected: ReadonlySet<string>;
  onSelect(ids: ReadonlySet<string>): void;
};

/** Chooses a row or takes it back; with `shift`, all from the one before it too. */
export function useRanges(ids: () => readonly string[], selection: Selection | undefined) {
  const last = useRef<string>(undefined);
  return (id: string, on: boolean, shift: boolean) => {
    const next = new Set(selection?.selected);
    for (const each of shift ? between(ids(), last.current, id) : [id]) {
      if (on) next.add(each);
      else next.delete(each);
    }
    last.current = id;
    selection?.onSelect(next);
  };
}

/** `to` alone where `from` is in the list no more. */
function between(ids: readonly string[], from = "", to: string): readonly string[] {
  const ends = [ids.indexOf(from), ids.indexOf(to)];
  return ends.includes(-1) ? [to] : ids.slice(Math.min(...ends), Math.max(...ends) + 1);
}
