import { describe, expect, it } from "vitest";
import { expiryOf, isFuture } from "./expiry";

const NOW = Date.parse("2026-11-26T12:00:00Z");

describe("expiryOf", () => {
  it("counts days from now", () => {
    expect(expiryOf("7", "", NOW)).toBe("2026-12-03T12:00:00.000Z");
  });

  it("lasts to the end of the day where the person is", () => {
    const end = new Date(expiryOf("day", "2026-12-24", NOW) ?? "");
    expect([end.getDate(), end.getHours(), end.getMinutes()]).toEqual([24, 23, 59]);
  });

  it("has no end, or none yet", () => {
    expect(expiryOf("never", "", NOW)).toBeUndefined();
    expect(expiryOf("day", "", NOW)).toBeUndefined();
  });

  it("must lie in the future", () => {
    expect(isFuture("never", "", NOW)).toBe(true);
    expect(isFuture("day", "2026-11-20", NOW)).toBe(false);
    expect(isFuture("day", "", NOW)).toBe(false);
    expect(isFuture("365", "", NOW)).toBe(true);
  });
});
