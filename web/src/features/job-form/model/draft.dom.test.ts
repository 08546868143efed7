import { beforeEach, describe, expect, it } from "vitest";
import { draftKey, dropDraft, loadDraft, saveDraft, worthKeeping } from "./draft";
import { DEFAULTS, newEnvRow } from "./values";

const KEY = draftKey(undefined);
const values = {
  ...DEFAULTS,
  name: "a job",
  env: [newEnvRow("API_TOKEN", "s3cret"), newEnvRow("A", "1")],
};

describe("the draft", () => {
  beforeEach(() => localStorage.clear());

  it("comes back without secret values and with ids of its own", () => {
    saveDraft(localStorage, KEY, values, 7);
    expect(JSON.stringify({ ...localStorage })).not.toContain("s3cret");
    const draft = loadDraft(localStorage, KEY);
    expect(draft).toMatchObject({ at: 7, secrets: true, values: { name: "a job" } });
    expect(draft?.values.env.map(({ name, value }) => [name, value])).toEqual([
      ["API_TOKEN", ""],
      ["A", "1"],
    ]);
    expect(draft?.values.env[0]?.id).not.toBe(values.env[0]?.id);
  });

  it("is gone once dropped, and apart for each copied job", () => {
    saveDraft(localStorage, draftKey("abc"), values, 7);
    expect(loadDraft(localStorage, KEY)).toBeNull();
    dropDraft(localStorage, draftKey("abc"));
    expect(loadDraft(localStorage, draftKey("abc"))).toBeNull();
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"version":0,"at":1,"values":{}}',
    '{"version":1,"at":1}',
    '{"version":1,"at":1,"values":{"type":"perl"}}',
  ])("ignores %j", (text) => {
    localStorage.setItem(KEY, text);
    expect(loadDraft(localStorage, KEY)).toBeNull();
  });

  it("takes defaults for what an older page did not know", () => {
    const saved = { version: 1, at: 1, values: { name: "old", env: 5 } };
    localStorage.setItem(KEY, JSON.stringify(saved));
    expect(loadDraft(localStorage, KEY)?.values).toEqual({ ...DEFAULTS, name: "old" });
  });

  it("survives a storage that refuses", () => {
    const refusing = {
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Storage;
    expect(() => saveDraft(refusing, KEY, values, 7)).not.toThrow();
    expect(worthKeeping(values)).toBe(true);
    expect(worthKeeping({ ...DEFAULTS })).toBe(false);
  });
});
