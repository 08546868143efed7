import { describe, expect, it } from "vitest";
import type { JobRow } from "@/api/queries/jobs";
import { searchSchema } from "../search";
import { cleared, isFiltered, matches, statesOf, toFilters, toggleState } from "./filters";

const row = {
  id: "0191f2a4-1111-7222-8333-444455556666",
  name: "Nightly ETL",
  state: "FAILED",
  submitted_at: "2026-11-26T21:40:12Z",
  provider: { id: "p1", name: "local" },
  owner: "ana",
  labels: { team: "data", url: "a:b" },
} as unknown as JobRow;

describe("the address of the list", () => {
  it("falls back silently where it is wrong", () => {
    const search = searchSchema.parse({ status: "FAILED,NONSENSE,timeout", sort: "size" });
    expect(statesOf(search)).toEqual(["FAILED", "TIMEOUT"]);
    expect(search.sort).toBeUndefined();
    expect(searchSchema.parse({ q: "x".repeat(500) }).q).toBeUndefined();
  });

  it("becomes the query, without what is empty", () => {
    expect(toFilters({ status: "TIMEOUT,FAILED", q: "", label: "team:data", sort: "created" }))
      // In the order of states, so that two addresses for the same list share one cache entry.
      .toEqual({ status: "FAILED,TIMEOUT", label: ["team:data"], sort: "created" });
    expect(toFilters({})).toEqual({});
  });

  it("switches states on and off", () => {
    expect(toggleState({}, "FAILED")).toBe("FAILED");
    expect(toggleState({ status: "TIMEOUT" }, "FAILED")).toBe("FAILED,TIMEOUT");
    expect(toggleState({ status: "FAILED" }, "FAILED")).toBeUndefined();
  });

  it("knows whether it narrows, and what is left when it does not", () => {
    expect(isFiltered({ sort: "created" })).toBe(false);
    expect(isFiltered({ by: "ana" })).toBe(true);
    expect(cleared({ by: "ana", sort: "created" })).toEqual({ sort: "created" });
  });
});

describe("matches", () => {
  it.each([
    [{}, true],
    [{ status: "FAILED,TIMEOUT" }, true],
    [{ status: "RUNNING" }, false],
    [{ q: "etl" }, true],
    [{ q: "0191f2" }, true],
    [{ q: "other" }, false],
    [{ from: "2026-11-26", to: "2026-11-26" }, true],
    [{ from: "2026-11-27" }, false],
    [{ to: "2026-11-25" }, false],
    [{ to: "2026-11-26T21:00:00Z" }, false],
    [{ provider: "local" }, true],
    [{ provider: "p1" }, true],
    [{ provider: "docker" }, false],
    [{ by: "bob" }, false],
    [{ label: "team:data" }, true],
    [{ label: "url:a:b" }, true],
    [{ label: "team:web" }, false],
  ])("%o: %s", (search, expected) => {
    expect(matches(row, search)).toBe(expected);
  });
});
