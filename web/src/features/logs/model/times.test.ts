import { describe, expect, it } from "vitest";
import { distance, timeOf } from "./times";

const AT = Date.UTC(2026, 10, 26, 21, 4, 5, 67);

describe("times", () => {
  it("writes distances as short as they are", () => {
    expect([12, 62_500, 3_600_000, -1500, 0].map(distance)).toEqual([
      "+0.012",
      "+1:02.500",
      "+1:00:00.000",
      "−1.500",
      "+0.000",
    ]);
  });

  it("fills the column by mode", () => {
    const times = { zone: "utc", start: AT - 2000 } as const;
    expect(timeOf(AT, AT - 5, { ...times, mode: "clock" })).toBe("21:04:05.067");
    expect(timeOf(AT, AT - 5, { ...times, mode: "rel" })).toBe("+2.000");
    expect(timeOf(AT, AT - 5, { ...times, mode: "delta" })).toBe("+0.005");
    expect(timeOf(AT, undefined, { ...times, mode: "delta" })).toBe("");
    expect(timeOf(AT, AT, { ...times, mode: "off" })).toBe("");
  });
});
