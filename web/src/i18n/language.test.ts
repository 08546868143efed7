import { describe, expect, it } from "vitest";
import { pickLanguage } from "./language";

describe("pickLanguage", () => {
  it("prefers the address over what was saved over the browser", () => {
    const all = { query: "?lng=es", saved: "en", browser: ["en-US"] };
    expect(pickLanguage(all)).toBe("es");
    expect(pickLanguage({ ...all, query: "" })).toBe("en");
    expect(pickLanguage({ query: "", saved: null, browser: ["fr", "es-MX"] })).toBe("es");
  });

  it("falls back to English and knows the pseudo-language", () => {
    expect(pickLanguage({ query: "", saved: null, browser: ["eu", "fr"] })).toBe("en");
    expect(pickLanguage({ query: "?lng=en-XA", saved: "es", browser: [] })).toBe("en-XA");
    expect(pickLanguage({ query: "?lng=xx", saved: "es", browser: [] })).toBe("es");
  });
});
