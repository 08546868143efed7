import { afterEach, describe, expect, it } from "vitest";
import type { Schemas } from "./client";
import { forgetRows, newest, noteRows } from "./latestRows";

const row = (id: string, version: number) => ({ id, version }) as Schemas["JobRowView"];

afterEach(forgetRows);

describe("rows that a topic told", () => {
  it("stand in for an older answer that comes late, and only for that", () => {
    noteRows([row("a", 3), row("b", 1)]);
    expect(newest([row("a", 2), row("b", 2), row("c", 1)])).toEqual([
      row("a", 3),
      row("b", 2),
      row("c", 1),
    ]);
  });

  it("are forgotten when there are too many, the oldest first", () => {
    noteRows(Array.from({ length: 2_001 }, (_, n) => row(`j${n}`, 5)));
    expect(newest([row("j0", 1), row("j2000", 1)])).toEqual([row("j0", 1), row("j2000", 5)]);
  });
});
