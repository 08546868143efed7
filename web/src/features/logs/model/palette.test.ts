import { describe, expect, it } from "vitest";
import { colourOf, contrast, cssOf } from "./palette";

const GROUND = "#0a0d13";

describe("palette", () => {
  it("has no colour that cannot be read on the console", () => {
    for (let colour = 0; colour < 256; colour += 1) {
      const { color = "" } = cssOf({ fg: colour });
      expect(contrast(color, GROUND), String(colour)).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(cssOf({ fg: "#000000" }).color ?? "", GROUND)).toBeGreaterThanOrEqual(4.5);
  });

  it("keeps text readable on any background", () => {
    for (let colour = 0; colour < 256; colour += 5) {
      const { color = "", backgroundColor = "" } = cssOf({ fg: colour, bg: colour });
      expect(contrast(color, backgroundColor), String(colour)).toBeGreaterThanOrEqual(3);
    }
  });

  it("knows the cube, the greys and attributes", () => {
    expect([colourOf(16), colourOf(21), colourOf(231), colourOf(232), colourOf(255)]).toEqual([
      "#000000",
      "#0000ff",
      "#ffffff",
      "#080808",
      "#eeeeee",
    ]);
    expect(cssOf({ bold: true, italic: true, dim: true, underline: true, strike: true })).toEqual({
      fontWeight: 700,
      fontStyle: "italic",
      opacity: 0.7,
      textDecoration: "underline line-through",
    });
    expect(cssOf({ inverse: true })).toEqual({ color: GROUND, backgroundColor: "#d7dce5" });
  });
});
