/**
 * Runs before the first paint, while the scripts of the page are still on their way: asks for what
 * the page at this address will need, so that nothing has to wait for what comes before it.
 */
import "../../public/theme.js"; // first of all
import { chooseLanguage } from "@/i18n/language";
import { askEarly } from "./answers";
import { EARLY_DATA } from "./data";
import { drawFrame, drawNote } from "./frame";
import { dataOf, filesOf, type Page, pageAt, type Words } from "./pages";

/** What the build knows, and the development server does not. */
declare const HODEI_PAGES: readonly Page[];
declare const HODEI_FILES: readonly string[];
declare const HODEI_WORDS: Words;
declare const HODEI_ENTRY: string;
/** What is said of a server in development mode. */
declare const HODEI_NOTE: Readonly<Record<"en" | "es", string>>;
/** What the entry imports and what takes long to run, each after what it needs. */
declare const HODEI_HEAVY: readonly string[];

/** What is no module; words are data. */
const KINDS: Readonly<Record<string, string>> = { ".css": "style", ".json": "fetch" };

function fetchFile(file: string): void {
  const link = document.createElement("link");
  const kind = KINDS[file.slice(file.lastIndexOf("."))];
  link.rel = kind === undefined ? "modulepreload" : "preload";
  if (kind !== undefined) link.as = kind;
  link.crossOrigin = "";
  if (kind === undefined) link.fetchPriority = "low"; // styles, words and the first paint go first
  link.href = file;
  document.head.append(link);
}

/** A browser that paints nothing in this time is not waited for. */
const FRAME_MS = 300;

const page = pageAt(HODEI_PAGES, location.pathname);
const language = chooseLanguage() === "es" ? "es" : "en";
const me = askEarly("/me");
for (const one of filesOf(page, language, HODEI_WORDS)) {
  const file = HODEI_FILES[one];
  if (file !== undefined) fetchFile(file);
}

/** A stranger's questions would all be refused, and a page with filters asks its own. */
async function askForData(): Promise<void> {
  const { permissions, dev_mode: everybody } = await (await me).clone().json();
  if (everybody) drawNote(HODEI_NOTE[language]);
  if (page === undefined || location.search !== "" || !permissions.includes("jobs.read")) return;
  for (const path of dataOf(page, EARLY_DATA, location.pathname)) void askEarly(path);
}
askForData().catch(() => {}); // the page asks again, and says what is wrong

let begun = false;
/** Runs the scripts of the page, which are on their way: one after the other, with breaks. */
async function begin(): Promise<void> {
  if (begun) return;
  begun = true;
  try {
    for (const file of HODEI_HEAVY) {
      await import(/* @vite-ignore */ file);
      await new Promise((on) => setTimeout(on));
    }
  } catch {} // the entry needs it, too, and fails where that is seen
  const script = document.createElement("script");
  script.type = "module";
  script.crossOrigin = "";
  script.src = HODEI_ENTRY;
  document.head.append(script);
}

/** The scripts keep a phone busy for longer than the frame needs to be painted: it goes first. */
function showFrame(): void {
  drawFrame(page?.frame, language);
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, document.visibilityState === "hidden" ? 0 : FRAME_MS);
}
document.addEventListener("readystatechange", showFrame, { once: true });
