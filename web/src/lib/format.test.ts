import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatClock,
  formatDay,
  formatDuration,
  formatMoment,
  formatNumber,
  formatPercent,
  formatRelative,
  formatRelativeShort,
  shortId,
} from "./format";

const AT = Date.UTC(2026, 10, 26, 21, 40, 12);

describe("numbers and sizes", () => {
  it("groups digits as the language does", () => {
    expect(formatNumber(12345, "en")).toBe("12,345");
    expect(formatNumber(1234, "es")).toBe("1.234");
    expect(formatPercent(0.137, "en")).toBe("14%");
    expect(formatPercent(0.137, "es")).toMatch(/^14\s%$/);
  });

  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1536, "1.5 KiB"],
    [250 * 1024 ** 2, "250 MiB"],
    [1.25 * 1024 ** 4, "1.3 TiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes, "en")).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [-5, "0ms"],
    [840, "840ms"],
    [4290, "4.2s"],
    [59_999, "59s"],
    [185_000, "3m 05s"],
    [7_800_000, "2h 10m"],
    [273_600_000, "3d 4h"],
    [259_200_000, "3d"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms, "en")).toBe(text);
  });

  it("writes the decimal mark of the language", () => {
    expect(formatDuration(4290, "es")).toBe("4,2s");
  });
});

describe("times", () => {
  it("says how long ago in both languages", () => {
    expect(formatRelative(AT - 300_000, AT, "en")).toBe("5 minutes ago");
    expect(formatRelative(AT - 300_000, AT, "es")).toBe("hace 5 minutos");
    expect(formatRelative(AT + 7_200_000, AT, "en")).toBe("in 2 hours");
    expect(formatRelative(AT - 400, AT, "en")).toBe("now");
    expect(formatRelativeShort(AT - 300_000, AT, "en")).toBe("5m ago");
  });

  it("shows moments in the zone that was chosen", () => {
    expect(formatClock(AT, "en", "utc")).toBe("21:40:12");
    expect(formatMoment(AT, "en", "utc")).toContain("Nov 26, 2026");
    expect(formatMoment(AT, "en", "utc")).toContain("UTC");
    expect(formatDay(AT, AT, "en", "utc")).toBe("Thu, Nov 26");
    expect(formatDay(AT - 400 * 86_400_000, AT, "en", "utc")).toContain("2025");
  });

  it("shortens identifiers", () => {
    expect(shortId("0191f2a4-aaaa-bbbb")).toBe("0191f2a4");
  });
});
