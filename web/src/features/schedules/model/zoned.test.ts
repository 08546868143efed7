import { describe, expect, it } from "vitest";
import { instantOf, knowsZone, localOf, offsetAt, offsetText, zoneNames } from "./zoned";

const iso = (local: string, zone: string) => new Date(instantOf(local, zone)).toISOString();

describe("instantOf", () => {
  it("goes by the offset of the day", () => {
    expect(iso("2027-01-15T09:00", "Europe/Madrid")).toBe("2027-01-15T08:00:00.000Z");
    expect(iso("2027-07-15T09:00", "Europe/Madrid")).toBe("2027-07-15T07:00:00.000Z");
    expect(iso("2027-07-15T09:00", "Asia/Kathmandu")).toBe("2027-07-15T03:15:00.000Z");
    expect(iso("2027-07-15T09:00", "UTC")).toBe("2027-07-15T09:00:00.000Z");
  });

  it("takes the first of two", () => {
    expect(iso("2027-10-31T02:30", "Europe/Madrid")).toBe("2027-10-31T00:30:00.000Z");
    expect(iso("2026-11-01T01:30", "America/New_York")).toBe("2026-11-01T05:30:00.000Z");
  });

  it("takes the first instant after a gap", () => {
    expect(iso("2027-03-28T02:30", "Europe/Madrid")).toBe("2027-03-28T01:00:00.000Z");
    expect(iso("2027-03-14T02:15", "America/New_York")).toBe("2027-03-14T07:00:00.000Z");
    // Half an hour only.
    expect(iso("2027-10-03T02:10", "Australia/Lord_Howe")).toBe("2027-10-02T15:30:00.000Z");
  });

  it("knows days that were left out", () => {
    // Samoa had no 30 December 2011.
    expect(iso("2011-12-30T12:00", "Pacific/Apia")).toBe("2011-12-30T10:00:00.000Z");
  });

  it("is the other way of localOf", () => {
    for (const zone of ["Europe/Madrid", "America/St_Johns", "Africa/Casablanca", "UTC"]) {
      for (let day = 0; day < 365; day += 7) {
        const at = Date.UTC(2027, 0, 1, 12, 30) + day * 86_400_000;
        expect(localOf(at, zone), `${zone} ${day}`).toHaveLength(16);
        for (const second of [at, at + 9000]) {
          expect(instantOf(localOf(second, zone), zone), `${zone} ${day}`).toBe(second);
        }
      }
    }
  });

  it("says that a text is no time", () => {
    expect(instantOf("", "UTC")).toBeNaN();
    expect(instantOf("soon", "UTC")).toBeNaN();
  });
});

it("writes offsets as people do", () => {
  expect(offsetText(offsetAt(Date.UTC(2027, 6, 1), "Asia/Kolkata"))).toBe("UTC+05:30");
  expect(offsetText(offsetAt(Date.UTC(2027, 0, 1), "America/St_Johns"))).toBe("UTC−03:30");
  expect(offsetText(0)).toBe("UTC");
});

it("knows zones", () => {
  expect(zoneNames()[0]).toBe("UTC");
  expect(zoneNames()).toContain("Europe/Madrid");
  expect(knowsZone("Europe/Madrid")).toBe(true);
  expect(knowsZone("Mars/Olympus")).toBe(false);
  expect(knowsZone("")).toBe(false);
});
