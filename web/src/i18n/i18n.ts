/** Chooses the language and serves its words; namespaces arrive with the pages that need them. */
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { chooseLanguage, type Language, rememberLanguage } from "./language";
import { openPhrases } from "./phrases";
import { pseudo } from "./pseudo";
import { fetchWords, type Resources } from "./resources";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: Resources;
    returnNull: false;
  }
}

const backend: BackendModule = {
  type: "backend",
  init() {},
  read(language, namespace, done) {
    const source = language === "en-XA" ? "en" : language;
    fetchWords(namespace, source).then(
      (words) => done(null, language === "en-XA" ? pseudo(words) : words),
      (error: Error) => done(error, false),
    );
  },
};

function showLanguage(language: string): void {
  document.documentElement.lang = language;
}

/** Makes the words of the common namespace ready; resolves before the first render. */
export async function startI18n(language: Language = chooseLanguage()): Promise<void> {
  // What the server says is asked for later than what the page says: nothing waits for it.
  void openPhrases(language).then(() => i18next.emit("phrases"));
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: "en",
      load: "currentOnly",
      ns: ["common"],
      defaultNS: "common",
      partialBundledLanguages: true,
      interpolation: { escapeValue: false }, // React escapes
      react: { useSuspense: true, bindI18n: "languageChanged phrases" },
    });
  showLanguage(language);
  i18next.on("languageChanged", showLanguage);
}

export const loadNamespaces = (namespaces: readonly string[]): Promise<void> =>
  i18next.loadNamespaces(namespaces);

/** Switches the language at once, for good. */
export async function switchLanguage(language: Language): Promise<void> {
  rememberLanguage(language);
  await openPhrases(language);
  await i18next.changeLanguage(language);
}

export { i18next };
