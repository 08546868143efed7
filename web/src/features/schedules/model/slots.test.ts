import { expect, it } from "vitest";
import { formatSlot, offsetName, rowsOf } from "./slots";

const slot = (local: string, offset: string) => ({
  slot: `${local}${offset}`,
  local,
  offset,
  note: null,
});

it("says where the clocks change", () => {
  const rows = rowsOf([
    slot("2027-03-25T09:00:00", "+01:00"),
    slot("2027-03-26T09:00:00", "+01:00"),
    slot("2027-03-29T09:00:00", "+02:00"),
    slot("2027-03-30T09:00:00", "+02:00"),
  ]);
  expect(rows.map(({ shift }) => shift)).toEqual([
    null,
    null,
    { before: "UTC+01:00", after: "UTC+02:00" },
    null,
  ]);
});

it("names offsets", () => {
  expect(offsetName("+00:00")).toBe("UTC");
  expect(offsetName("-03:30")).toBe("UTC−03:30");
});

it("writes the zone's own time and the reader's", () => {
  const now = Date.UTC(2026, 10, 27);
  expect(formatSlot("2027-03-29T09:00:00", now, "en")).toBe("Mon, Mar 29, 2027, 09:00");
  expect(formatSlot("2027-03-29T07:00:00Z", now, "en", "UTC")).toBe("Mon, Mar 29, 2027, 07:00");
  expect(formatSlot("2026-12-01T09:00:05", now, "es")).toBe("mar, 1 dic, 09:00:05");
  expect(formatSlot("2026-12-01T23:30:00Z", now, "en", "Asia/Tokyo")).toBe("Wed, Dec 2, 08:30");
});
