/** The next runs, in the schedule's zone and in the reader's, with what the clocks do in between. */
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Slot } from "@/api/queries/schedules";
import { RelativeTime } from "@/components/ui/Time";
import { usePreferences } from "@/lib/preferences";
import { serverNow } from "@/live/clock";
import { formatSlot, offsetName, rowsOf, withSeconds } from "../model/slots";
import { ownZone } from "../model/zoned";

type Props = { slots: readonly Slot[]; zone: string };

const head = "pb-1.5 text-left text-sm font-normal text-muted";
const cell = "border-t border-hairline py-2 pr-3 align-top";

export function NextRuns({ slots, zone }: Props) {
  const { t, i18n } = useTranslation("schedules");
  const { zone: wanted } = usePreferences();
  const own = wanted === "utc" ? "UTC" : ownZone();
  const now = serverNow();
  if (slots.length === 0) return <p className="text-muted">{t("next.none")}</p>;
  const alike = own === zone;
  const fine = withSeconds(slots);
  return (
    <>
      <table className="w-full">
        <thead>
          <tr>
            <th scope="col" className={head}>
              {t("next.zone", { zone })}
            </th>
            <th scope="col" className={head}>
              {alike ? t("next.in") : t("next.local", { zone: own })}
            </th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(slots).map(({ slot, shift }) => (
            <Fragment key={slot.slot}>
              {shift !== null && <Note>{t("next.shift", shift)}</Note>}
              <tr data-slot={slot.slot}>
                <td className={cell}>
                  <span className="numeric block">
                    {formatSlot(slot.local, now, i18n.language, undefined, fine)}
                  </span>
                  <span className="numeric text-sm text-subtle">{offsetName(slot.offset)}</span>
                </td>
                <td className={cell}>
                  {!alike && (
                    <time dateTime={slot.slot} className="numeric block">
                      {formatSlot(slot.slot, now, i18n.language, own, fine)}
                    </time>
                  )}
                  <RelativeTime
                    at={slot.slot}
                    className={alike ? undefined : "text-sm text-subtle"}
                  />
                </td>
              </tr>
              {(slot.note === "gap" || slot.note === "repeated") && (
                <Note>{t(`next.${slot.note}`)}</Note>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
      {alike && <p className="pt-1 text-sm text-subtle">{t("next.same")}</p>}
    </>
  );
}

const Note = ({ children }: { children: string }) => (
  <tr>
    <td colSpan={2} className="border-t border-hairline py-1.5 text-sm text-timeout">
      {children}
    </td>
  </tr>
);
