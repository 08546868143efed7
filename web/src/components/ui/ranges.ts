/** Choosing rows one by one, and with Shift all between two clicks. */
import { type MouseEvent, useRef } from "react";

export type Selection = {
  selected: ReadonlySet<string>;
  onSelect(ids: ReadonlySet<string>): void;
};

export function useRanges(ids: () => readonly string[], selection: Selection | undefined) {
  const last = useRef<string>(undefined);
  const shift = useRef(false);
  const choose = (id: string, on: boolean) => {
    const next = new Set(selection?.selected);
    for (const each of shift.current ? between(ids(), last.current, id) : [id]) {
      if (on) next.add(each);
      else next.delete(each);
    }
    last.current = id;
    selection?.onSelect(next);
  };
  const listen = {
    onClickCapture: (event: MouseEvent) => {
      shift.current = event.shiftKey;
    },
    // Or the browser selects the text between the two clicks.
    onMouseDown: (event: MouseEvent) => event.shiftKey && event.preventDefault(),
  };
  return { choose, listen };
}

/** `to` alone where `from` is in the list no more. */
function between(ids: readonly string[], from: string | undefined, to: string): readonly string[] {
  const ends = [ids.indexOf(from ?? to), ids.indexOf(to)];
  if (ends.includes(-1)) return [to];
  return ids.slice(Math.min(...ends), Math.max(...ends) + 1);
}
