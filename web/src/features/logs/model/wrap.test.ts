import { describe, expect, it } from "vitest";
import { columnsOf, screenLines } from "./wrap";

describe("wrap", () => {
  it("counts columns, wide and zero-width characters too", () => {
    expect(columnsOf("plain")).toBe(5);
    expect(columnsOf("ñandú")).toBe(5);
    expect(columnsOf("漢字")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
    expect(columnsOf("🚀!")).toBe(3);
  });

  it("breaks anywhere", () => {
    expect([
      screenLines(0, 80),
      screenLines(80, 80),
      screenLines(81, 80),
      screenLines(5, 0),
    ]).toEqual([1, 1, 2, 5]);
  });
});
