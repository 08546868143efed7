/** The page's colours for canvas charts, read anew when the theme changes. */
import { useSyncExternalStore } from "react";

/** Name of a design token, such as `--c-running`. */
export type Token = `--${string}`;

/** The colour that a token has now. */
export const colourOf = (token: Token): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim() || "#888";

/** `colour` with an opacity of 0..1. */
export const faded = (colour: string, opacity: number): string =>
  /^#[0-9a-f]{6}$/i.test(colour)
    ? `${colour}${Math.round(opacity * 255)
        .toString(16)
        .padStart(2, "0")}`
    : colour;

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

/** The theme that is shown; a component that reads it is drawn again on a change. */
export const useShownTheme = (): string =>
  useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme ?? "");
