/** What a person chose for this browser: theme, density, time zone, single-key shortcuts. */
import { useSyncExternalStore } from "react";
import { store, stored } from "./storage";

export const THEMES = ["system", "light", "dark"] as const;
export const DENSITIES = ["comfortable", "compact"] as const;
export const ZONES = ["local", "utc"] as const;

export type Preferences = Readonly<{
  theme: (typeof THEMES)[number];
  density: (typeof DENSITIES)[number];
  zone: (typeof ZONES)[number];
  shortcuts: boolean;
  sidebar: "wide" | "narrow";
}>;

const key = (name: keyof Preferences) => `hodei.${name}`;

function one<T extends string>(name: keyof Preferences, allowed: readonly T[], fallback: T): T {
  const saved = stored(key(name));
  return allowed.find((value) => value === saved) ?? fallback;
}

function read(): Preferences {
  return {
    theme: one("theme", THEMES, "system"),
    density: one("density", DENSITIES, "comfortable"),
    zone: one("zone", ZONES, "local"),
    shortcuts: stored(key("shortcuts")) !== "off",
    sidebar: one("sidebar", ["wide", "narrow"], "wide"),
  };
}

let current = read();
const listeners = new Set<() => void>();
const prefersLight = () => matchMedia("(prefers-color-scheme: light)").matches;

/** Light or dark, as the page is to be drawn now. */
export function shownTheme(theme: Preferences["theme"] = current.theme): "light" | "dark" {
  if (theme !== "system") return theme;
  return prefersLight() ? "light" : "dark";
}

function show(): void {
  const theme = shownTheme();
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.density = current.density;
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute("content", theme === "light" ? "#F6F7F9" : "#0C1017");
}

export const preferences = (): Preferences => current;

export function setPreference<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  current = { ...current, [name]: value };
  store(key(name), typeof value === "boolean" ? (value ? "on" : "off") : value);
  show();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences);

/** Follows the system's theme and what other tabs choose; to be called once. */
export function watchPreferences(): void {
  show();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", show);
  addEventListener("storage", (event) => {
    if (event.key !== null && !event.key.startsWith("hodei.")) return;
    current = read();
    show();
    for (const listener of listeners) listener();
  });
}
