/** Which feature pages exist: routes and navigation ask here, so that no link leads nowhere. */
import { type ComponentType, createElement, lazy, type ReactElement } from "react";
import { ApiError } from "@/api/problem";
import { loadNamespaces } from "@/i18n/i18n";

/** What an address says, for the data that its page shows first. */
type Place = { params: object; search: object };

type PageModule = {
  default: ComponentType;
  /** Reads what the page shows first into the cache. */
  first?(place: Place): Promise<unknown>;
};

const found = import.meta.glob<PageModule>("../features/*/pages/*Page.tsx");
const ready = new Map<string, ComponentType>();

const pathOf = (feature: string, page: string) => `../features/${feature}/pages/${page}.tsx`;

/** Whether `features/<feature>/pages/<page>.tsx` is there. */
export const hasPage = (feature: string, page: string): boolean => pathOf(feature, page) in found;

let away = false;

/** Code that does not come is that of an older version, unless no server is there to send it. */
async function missing(error: unknown): Promise<never> {
  const answer = await fetch("/api/v1/health").catch(() => undefined);
  if (!answer?.ok) {
    away = true;
    throw new ApiError({ code: "network" }, 0, "");
  }
  if (!away) throw error;
  // A browser asks for a module once: what it missed meanwhile comes with the page.
  location.reload();
  return new Promise(() => {});
}

/** Fetches a page's code and words; safe to call again, and ahead of time. */
export async function preloadPage(feature: string, page: string): Promise<PageModule> {
  const load = found[pathOf(feature, page)];
  if (load === undefined) throw new Error(`there is no page ${feature}/${page}`);
  const [module] = await Promise.all([load().catch(missing), loadNamespaces([feature])]);
  ready.set(pathOf(feature, page), module.default);
  return module;
}

let opening = true;

/** From now on pages are changed, not opened: the frame is there, and a skeleton says the rest. */
export function opened(): void {
  opening = false;
}

const FIRST_DATA_MS = 400;

/**
 * Makes a page ready. The first one waits for its data a little while: drawn at once with all of
 * it, it costs the browser half of what a skeleton costs that is filled a moment later.
 */
export async function openPage(feature: string, page: string, place: Place): Promise<void> {
  const module = await preloadPage(feature, page);
  if (!opening || module.first === undefined) return;
  const asked = module.first(place).catch(() => undefined); // the page asks again, and says what is wrong
  await Promise.race([asked, new Promise((late) => setTimeout(late, FIRST_DATA_MS))]);
}

/** The page as a component: drawn at once when it was preloaded, else it suspends until then. */
export function lazyPage(feature: string, page: string): () => ReactElement {
  const Late = lazy(() => preloadPage(feature, page));
  return () => createElement(ready.get(pathOf(feature, page)) ?? Late);
}
