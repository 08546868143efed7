import { describe, expect, it } from "vitest";
import { searchSchema } from "../search";
import { exportAddress, isFiltered, toFilters } from "./filters";

describe("the address of the audit log", () => {
  it("becomes the query, without what is empty", () => {
    const search = searchSchema.parse({
      actor: "ana",
      action: "",
      result: "denied",
      correlation: "web-1",
      from: "2026-11-20",
    });
    expect(toFilters(search)).toEqual({
      actor: "ana",
      result: "denied",
      correlation_id: "web-1",
      from: "2026-11-20",
    });
    expect(isFiltered(search)).toBe(true);
  });

  it("falls back where a value makes no sense", () => {
    const other = { lng: "es" } as ReturnType<typeof searchSchema.parse>;
    expect(toFilters(other)).toEqual({});
    const search = searchSchema.parse({ result: "maybe", interface: 7, actor: "a".repeat(101) });
    expect(toFilters(search)).toEqual({});
    expect(isFiltered(search)).toBe(false);
  });

  it("names the file of the same rows", () => {
    expect(exportAddress({})).toBe("/api/v1/audit/export");
    expect(exportAddress({ target: "a&b", result: "ok" })).toBe(
      "/api/v1/audit/export?result=ok&target=a%26b",
    );
  });
});
