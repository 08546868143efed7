import { describe, expect, it } from "vitest";
import { bucketsOf, spanOf, timeFormat } from "./span";

const at = (text: string) => new Date(text).getTime();

describe("spanOf", () => {
  it("is a day when nothing is said", () => expect(spanOf({})).toEqual({ range: "24h" }));

  it("takes a range by name before days", () =>
    expect(spanOf({ range: "7d", from: "2026-11-01" })).toEqual({ range: "7d" }));

  it("holds the last day whole", () => {
    const span = spanOf({ from: "2026-11-20", to: "2026-11-21" });
    expect("from" in span && at(span.from)).toBe(new Date(2026, 10, 20).getTime());
    expect("from" in span && at(span.to ?? "")).toBe(new Date(2026, 10, 22).getTime());
  });

  it("runs to now when the end lies before the beginning, or is no day", () => {
    expect(spanOf({ from: "2026-11-20", to: "2026-11-01" })).not.toHaveProperty("to");
    expect(spanOf({ from: "2026-11-20", to: "soon" })).not.toHaveProperty("to");
  });

  it("falls back when the beginning is no day of the calendar", () => {
    expect(spanOf({ from: "2026-02-31" })).toEqual({ range: "24h" });
    expect(spanOf({ from: "yesterday" })).toEqual({ range: "24h" });
  });
});

it("asks for as many stretches as fit", () => {
  expect(bucketsOf({ range: "1h" })).toBe(60);
  expect(bucketsOf({ from: "2026-11-20T00:00:00Z" })).toBe(60);
});

it("writes the day only where the clock alone would not tell", () => {
  const noon = new Date(2026, 10, 20, 12, 30).getTime() / 1000;
  expect(timeFormat(3_600_000, "en")(noon)).toBe("12:30");
  expect(timeFormat(7 * 86_400_000, "en")(noon)).toBe("Nov 20, 12:30");
  expect(timeFormat(30 * 86_400_000, "es")(noon)).toBe("20 nov");
});
