/** Saves the form a moment after each change, until it is sent or thrown away. */
import { useEffect, useRef } from "react";
import { draftKey, dropDraft, saveDraft, worthKeeping } from "../model/draft";
import type { FormValues } from "../model/values";

const PAUSE_MS = 400;

export function useDraft(values: FormValues, from: string | undefined) {
  const key = draftKey(from);
  const initial = useRef(values);
  const latest = useRef(values);
  const over = useRef(false);
  latest.current = values;

  useEffect(() => {
    if (over.current || values === initial.current) return;
    const save = () => {
      if (over.current) return;
      if (worthKeeping(values)) saveDraft(localStorage, key, values, Date.now());
      else dropDraft(localStorage, key);
    };
    const timer = setTimeout(save, PAUSE_MS);
    // A page that goes away before that saves at once.
    addEventListener("pagehide", save);
    return () => {
      clearTimeout(timer);
      removeEventListener("pagehide", save);
    };
  }, [values, key]);

  useEffect(
    () => () => {
      const changed = latest.current !== initial.current;
      if (!over.current && changed && worthKeeping(latest.current)) {
        saveDraft(localStorage, key, latest.current, Date.now());
      }
    },
    [key],
  );

  return {
    /** Forgets what was kept; later changes are kept again. */
    discard: () => dropDraft(localStorage, key),
    /** Forgets it for good: the job is stored. */
    finish: () => {
      over.current = true;
      dropDraft(localStorage, key);
    },
  };
}
