/** The time zone, found by the name of a city; each with its offset now. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Combobox } from "@/components/ui/Combobox";
import { Field } from "@/components/ui/Field";
import { serverNow } from "@/live/clock";
import { useFields } from "../hooks/form";
import { knowsZone, offsetAt, offsetText, zoneNames } from "../model/zoned";

/** Each offset is worked out when its line is shown: there are hundreds of zones. */
const suggestionsOf = (now: number) =>
  zoneNames().map((value) => ({
    value,
    get note() {
      return offsetText(offsetAt(now, value));
    },
  }));

export function ZoneField() {
  const { t } = useTranslation("schedules");
  const { draft, set, wrong } = useFields();
  const [now] = useState(serverNow);
  const suggestions = useMemo(() => suggestionsOf(now), [now]);
  const zone = draft.zone.trim();
  return (
    <Field
      id="schedule-zone"
      label={t("form.zone")}
      hint={
        <>
          {knowsZone(zone) && `${t("form.zoneNow", { offset: offsetText(offsetAt(now, zone)) })} `}
          {t("form.zoneHint")}
        </>
      }
      error={wrong("zone")}
      required
    >
      <Combobox
        value={draft.zone}
        onChange={(next) => set({ zone: next })}
        suggestions={suggestions}
        placeholder="Europe/Madrid"
      />
    </Field>
  );
}
