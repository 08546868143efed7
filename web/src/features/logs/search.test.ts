import { describe, expect, it } from "vitest";
import { searchOf, searchSchema, settingsOf } from "./search";

const look = { times: "clock", wrap: false } as const;

describe("the address of the log viewer", () => {
  it("comes back as the same settings", () => {
    const search = searchSchema.parse({
      ...{ q: "step 999", re: "1", case: 1, only: 1, ctx: "3", level: "WARN,ERROR,LOUD" },
      ...{ stream: "stderr", attempt: "2", ts: "rel", wrap: "1" },
    });
    const settings = settingsOf({ ...search, re: 1 }, look);
    expect(settings).toEqual({
      query: { text: "step 999", regex: true, caseSensitive: true },
      only: true,
      context: 3,
      levels: ["ERROR", "WARN"],
      stream: "stderr",
      attempt: 2,
      times: "rel",
      wrap: true,
    });
    expect(settingsOf(searchOf(settings, look), look)).toEqual(settings);
  });

  it("is empty for a log as it opens, and falls back over what it does not know", () => {
    const settings = settingsOf({}, look);
    expect(Object.values(searchOf(settings, look)).filter((value) => value !== undefined)).toEqual(
      [],
    );
    const odd = searchSchema.parse({ ts: "never", wrap: 7, stream: "x", attempt: 0, ctx: 9 });
    expect(settingsOf(odd, look)).toEqual(settings);
  });
});
