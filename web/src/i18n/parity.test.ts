/** Both languages say the same things: the same keys, the same placeholders. */
import { describe, expect, it } from "vitest";
import { pseudo } from "./pseudo";
import type { Words } from "./resources";

const files = import.meta.glob<Words>(["./common/*.json", "../features/*/i18n/*.json"], {
  eager: true,
  import: "default",
});

const PLURAL = /_(zero|one|two|few|many|other)$/;

function texts(words: Words, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    const path = prefix + key;
    if (typeof value === "string") found.set(path, value);
    else for (const [inner, text] of texts(value, `${path}.`)) found.set(inner, text);
  }
  return found;
}

const placeholders = (text: string) =>
  (text.match(/\{\{\s*\w+/g) ?? []).map((match) => match.replace(/\W/g, "")).sort();

const namespaces = [...new Set(Object.keys(files).map((path) => path.replace(/\/\w+\.json$/, "")))];

describe.each(namespaces)("%s", (folder) => {
  const english = texts(files[`${folder}/en.json`] ?? {});
  const spanish = texts(files[`${folder}/es.json`] ?? {});
  const base = (key: string) => key.replace(PLURAL, "");

  it("has the same keys", () => {
    const keys = (words: Map<string, string>) => [...new Set([...words.keys()].map(base))].sort();
    expect(keys(spanish)).toEqual(keys(english));
  });

  it("has the plural forms of each language", () => {
    for (const key of english.keys()) {
      if (!key.endsWith("_one")) continue;
      expect([...english.keys()], key).toContain(`${base(key)}_other`);
      for (const form of ["one", "many", "other"]) {
        expect([...spanish.keys()], key).toContain(`${base(key)}_${form}`);
      }
    }
  });

  it("has the same placeholders and no empty text", () => {
    for (const [key, text] of spanish) {
      const original = english.get(key) ?? english.get(`${base(key)}_other`) ?? "";
      expect(text.trim(), key).not.toBe("");
      if (!key.endsWith("_one")) expect(placeholders(text), key).toEqual(placeholders(original));
    }
  });
});

describe("pseudo", () => {
  it("lengthens words and keeps placeholders", () => {
    const text = pseudo({ a: "Cancel {{count}} jobs" }).a;
    expect(text).toContain("{{count}}");
    expect(text).toMatch(/^\[Çáñçél .*~+\]$/);
  });
});
