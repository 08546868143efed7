/** What a User-Agent header says to a person: "Firefox on Linux". */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

const named = (agent: string, known: typeof BROWSERS) =>
  known.find(([pattern]) => pattern.test(agent))?.[1];

/** Nothing when the header says nothing that is known. */
export function browserOf(agent: string): string | undefined {
  const parts = [named(agent, BROWSERS), named(agent, SYSTEMS)].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(" · ");
}
