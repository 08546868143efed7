/** Which language the page speaks: ?lng=, then the saved choice, then the browser's, then English. */

import { store, stored } from "@/lib/storage";

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number] | "en-XA";

const KEY = "hodei.language";

function supported(tag: string | null | undefined): Language | undefined {
  if (tag === "en-XA") return tag;
  const primary = tag?.toLowerCase().split("-")[0];
  return LANGUAGES.find((language) => language === primary);
}

type Sources = { query: string; saved: string | null; browser: readonly string[] };

/** The first supported language of the sources, in the order of the module's first line. */
export function pickLanguage({ query, saved, browser }: Sources): Language {
  const candidates = [new URLSearchParams(query).get("lng"), saved, ...browser];
  for (const candidate of candidates) {
    const language = supported(candidate);
    if (language !== undefined) return language;
  }
  return "en";
}

export function chooseLanguage(): Language {
  return pickLanguage({
    query: location.search,
    saved: stored(KEY),
    browser: navigator.languages,
  });
}

export const rememberLanguage = (language: Language): void => store(KEY, language);
