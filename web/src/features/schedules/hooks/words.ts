/** The server's words for a rule, in the page's language. */
import { useTranslation } from "react-i18next";
import type { Words } from "@/api/queries/schedules";

export function useWords(): (words: Words) => string {
  const { i18n } = useTranslation();
  return ({ en, es }) => (i18n.language === "es" ? es : en);
}
