/** Why a run did not take place, in the page's language where the reason is a known one. */
import { useTranslation } from "react-i18next";
import type { Firing } from "@/api/queries/schedules";
import { said } from "@/i18n/phrases";

export function useReasonText(): (reason: Firing["reason"]) => string | null {
  const { t, i18n } = useTranslation("schedules");
  return (reason) => {
    if (reason === null) return null;
    const key = `reason.${reason.code}`;
    return i18n.exists(key, { ns: "schedules" })
      ? t(key as "reason.overlap")
      : said(reason.message);
  };
}
