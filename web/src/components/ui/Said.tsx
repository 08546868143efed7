/** A sentence of the server in the language of the page, or marked as English. */
import { useTranslation } from "react-i18next";
import { langOf, said } from "@/i18n/phrases";

type SaidProps = {
  text: string | null | undefined;
  /** Makes a whole sentence of a clause. */
  as?: (words: string) => string;
};

export function Said({ text, as = (words) => words }: SaidProps) {
  useTranslation(); // so that it is said anew when the language changes
  if (!text) return null;
  const words = said(text);
  return <span lang={langOf(words)}>{as(words)}</span>;
}
