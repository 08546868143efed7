/** How lines look unless the address says otherwise: remembered in this browser. */
import { useCallback, useState } from "react";
import { store, stored } from "@/lib/storage";
import { type Settings, TIMES } from "../model/settings";
import type { Look } from "../search";

const WRAP = "hodei.logs.wrap";
const TIME = "hodei.logs.times";
const NARROW = "(max-width: 639px)";

function remembered(): Look {
  const narrow = matchMedia(NARROW).matches;
  const wrap = stored(WRAP);
  const times = TIMES.find((mode) => mode === stored(TIME));
  return {
    wrap: wrap === null ? narrow : wrap === "on",
    times: times ?? (narrow ? "off" : "clock"),
  };
}

/** The look, and a function that remembers what of a change belongs to it. */
export function useLook(): [Look, (change: Partial<Settings>) => void] {
  const [look, setLook] = useState(remembered);
  const remember = useCallback((change: Partial<Settings>) => {
    if (change.wrap !== undefined) store(WRAP, change.wrap ? "on" : "off");
    if (change.times !== undefined) store(TIME, change.times);
    if (change.wrap !== undefined || change.times !== undefined) setLook(remembered());
  }, []);
  return [look, remember];
}
