/** What is on screen until the scripts have come: the frame of the page and its title, no data. */
import { store, stored } from "@/lib/storage";
import type { Frame } from "./frame-looks";

const KEY = "hodei.stranger";

/** Remembers whether whoever sits here has to sign in first: no frame is drawn for strangers. */
export const rememberStranger = (stranger: boolean): void => store(KEY, stranger ? "1" : "0");

const part = (name: string) => document.querySelector<HTMLElement>(`[data-frame="${name}"]`);

/** Says in the frame what holds for the whole server, as soon as that is known. */
export function drawNote(text: string): void {
  const note = part("note");
  if (note === null) return;
  note.textContent = text;
  note.hidden = false;
}

/** Shows the frame that index.html brings along. React takes its place. */
export function drawFrame(frame: Frame | undefined, language: "en" | "es"): void {
  const whole = part("whole");
  const title = part("title");
  if (frame === undefined || whole === null || title === null || stored(KEY) === "1") return;
  title.textContent = frame[language];
  part("back")?.toggleAttribute("hidden", frame.look === "plain");
  part("bar")?.toggleAttribute("hidden", frame.look === "screen");
  if (stored("hodei.sidebar") === "narrow") part("rail")?.classList.remove("lg:w-58");
  whole.hidden = false;
}
