import { describe, expect, it } from "vitest";
import { filterOf, pressedLevel, type Settings } from "./settings";

const settings: Settings = {
  query: { text: "", regex: false, caseSensitive: false },
  only: false,
  context: 0,
  levels: [],
  stream: undefined,
  attempt: undefined,
  times: "clock",
  wrap: false,
};

describe("filterOf", () => {
  it("filters by level and stream at once, by text only when asked to", () => {
    expect(filterOf(settings, 0)).toBeUndefined();
    const query = { ...settings.query, text: "x" };
    expect(filterOf({ ...settings, query, context: 2 }, 0)).toBeUndefined();
    expect(filterOf({ ...settings, query, only: true, context: 2 }, 7)).toMatchObject({
      query,
      context: 2,
      after: 7,
    });
    expect(filterOf({ ...settings, levels: ["WARN"], query, context: 2 }, 0)).toMatchObject({
      query: undefined,
      levels: ["WARN"],
      context: 0,
    });
    expect(filterOf({ ...settings, stream: "stderr" }, 0)?.stream).toBe("stderr");
  });
});

describe("pressedLevel", () => {
  it("is a radio button, and with Shift a set of boxes", () => {
    expect(pressedLevel([], "ERROR", false)).toEqual(["ERROR"]);
    expect(pressedLevel(["ERROR"], "WARN", false)).toEqual(["WARN"]);
    expect(pressedLevel(["WARN"], "WARN", false)).toEqual([]);
    expect(pressedLevel(["WARN"], "ERROR", true)).toEqual(["ERROR", "WARN"]);
    expect(pressedLevel(["ERROR", "WARN"], "ERROR", true)).toEqual(["WARN"]);
  });
});
