import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { patchRows } from "@/api/latestRows";
import { patchRecent } from "./topics";

type Row = Schemas["JobRowView"];
const row = (id: string, version: number, at = "2026-11-26T10:00:00Z") =>
  ({ id, version, submitted_at: at }) as Row;

describe("live rows", () => {
  it("replace older ones, are not added, and never go back", () => {
    const changed = new Map([row("a", 3), row("b", 1), row("z", 1)].map((one) => [one.id, one]));
    expect(patchRows([row("a", 2), row("b", 2)], changed)).toEqual([row("a", 3), row("b", 2)]);
  });

  it("push the oldest out of the recent ones", () => {
    const page = {
      items: [row("b", 1, "2026-11-26T11:00:00Z"), row("a", 1)],
    } as Schemas["JobPage"];
    const fresh = row("c", 1, "2026-11-26T12:00:00Z");
    expect(patchRecent(page, [fresh], 2).items.map((one) => one.id)).toEqual(["c", "b"]);
  });
});
