import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw, MAX_DRAWN, raw, safeHref, styled } from "./ansi";

const ESC = "\u001b";
const BEL = "\u0007";

describe("colours and attributes", () => {
  it("turns SGR into spans", () => {
    const drawn = draw(`${ESC}[1;31mred${ESC}[0m plain ${ESC}[4;92mgreen${ESC}[24m on`);
    expect(drawn.text).toBe("red plain green on");
    expect(drawn.spans).toEqual([
      { from: 0, to: 3, style: { bold: true, fg: 1 } },
      { from: 10, to: 15, style: { underline: true, fg: 10 } },
      { from: 15, to: 18, style: { fg: 10 } },
    ]);
  });

  it("knows 256 colours, true colour, backgrounds and inverse", () => {
    expect(styled({}, "38;5;202;48;5;17;7")).toEqual({ fg: 202, bg: 17, inverse: true });
    expect(styled({}, "38;2;255;128;0")).toEqual({ fg: "#ff8000" });
    expect(styled({}, "38:2:1:2:3")).toEqual({ fg: "#010203" });
    expect(styled({ fg: 3, bold: true, italic: true }, "22;23")).toEqual({ fg: 3 });
    expect(styled({ fg: 3, bg: 4 }, "39;49")).toEqual({});
    expect(styled({ fg: 3 }, "")).toEqual({});
  });

  it("ignores colours that there are not", () => {
    expect(styled({}, "38;5;999;31")).toEqual({ fg: 1 });
    expect(styled({}, "38;2;300;0;0;1")).toEqual({ bold: true });
    expect(styled({}, "38")).toEqual({});
    expect(styled({}, "999;1e9;?")).toEqual({});
  });
});

describe("links", () => {
  const osc = (target: string, text: string) => `${ESC}]8;;${target}${BEL}${text}${ESC}]8;;${BEL}`;

  it("links http and https only", () => {
    expect(draw(osc("https://x.test/a", "here")).spans).toEqual([
      { from: 0, to: 4, style: { href: "https://x.test/a" } },
    ]);
    for (const bad of [
      "javascript:alert(1)",
      "data:text/html,x",
      "file:///etc",
      " https://x",
      "//x",
    ]) {
      const drawn = draw(osc(bad, "here"));
      expect(drawn).toEqual({ text: "here", spans: [], cut: false });
    }
  });

  it("keeps a link through a colour reset and ends it when told", () => {
    const drawn = draw(`${ESC}]8;id=1;http://x.test/${ESC}\\a${ESC}[0mb${ESC}]8;;${ESC}\\c`);
    expect(drawn.text).toBe("abc");
    expect(drawn.spans.every((span) => span.style.href === "http://x.test/")).toBe(true);
    expect(drawn.spans.at(-1)?.to).toBe(2);
  });

  it("finds bare addresses and leaves the full stop after them", () => {
    const drawn = draw("see https://x.test/a?b=1. Done");
    expect(drawn.text).toBe("see https://x.test/a?b=1. Done");
    expect(drawn.spans).toEqual([{ from: 4, to: 24, style: { href: "https://x.test/a?b=1" } }]);
    expect(draw("javascript://x https:// http:").spans).toEqual([]);
  });

  it("refuses what is no address", () => {
    expect(safeHref("https://")).toBeUndefined();
    expect(safeHref("java\nscript:alert(1)")).toBeUndefined();
  });
});

describe("hostile text", () => {
  it.each([
    ["markup", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
    ["cursor and screen", `a${ESC}[2J${ESC}[1;1Hb${ESC}[?25lc`, "abc"],
    ["a title", `${ESC}]0;title${BEL}x`, "x"],
    ["clipboard", `${ESC}]52;c;aGk=${BEL}x`, "x"],
    ["device control", `${ESC}P1$tx${ESC}\\y`, "y"],
    ["an unfinished sequence", `x${ESC}[31`, "x"],
    ["an unfinished title", `x${ESC}]0;never ends`, "x"],
    ["a lone escape", `x${ESC}`, "x"],
    ["8-bit controls", "a\u009b31mb\u0085c", "abc"],
    ["bells, nulls and backspaces", "a\u0000\u0007\b\u007fb", "ab"],
    ["reordering marks", "a\u202ecba\u2066x", "acbax"],
    ["tabs", "a\tb", "a       b"],
  ])("%s", (_, source, text) => expect(draw(source).text).toBe(text));

  it("leaves no control character, whatever comes", () => {
    const bits = fc.constantFrom(
      ...[
        ESC,
        `${ESC}[`,
        `${ESC}]8;;`,
        BEL,
        "31",
        ";",
        "m",
        "\u009b",
        "https://x.test",
        "<b>",
        "\t",
      ],
      ...["é", "\u202e", "P", "\\", " ", "漢"],
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 30 }), (pieces) => {
        const drawn = draw(pieces.join(""));
        expect(/[\p{Cc}\u202a-\u202e]/u.test(drawn.text)).toBe(false);
        let end = 0;
        for (const span of drawn.spans) {
          expect(span.from).toBeGreaterThanOrEqual(end);
          expect(span.to).toBeGreaterThan(span.from);
          end = span.to;
          if (span.style.href !== undefined) expect(span.style.href).toMatch(/^https?:/);
        }
        expect(end).toBeLessThanOrEqual(drawn.text.length);
      }),
    );
  });

  it("draws at most 4 KiB and says so", () => {
    const drawn = draw("x".repeat(1_200_000));
    expect([drawn.text.length, drawn.cut]).toEqual([MAX_DRAWN, true]);
    const coloured = draw(`${ESC}[31m${"y".repeat(MAX_DRAWN + 1)}`);
    expect([coloured.spans[0]?.to, coloured.cut]).toEqual([MAX_DRAWN, true]);
    expect(draw("short").cut).toBe(false);
  });

  it("takes no time over a line made to be slow", () => {
    const begun = performance.now();
    draw(`${ESC}[`.repeat(8000));
    draw(`${ESC}]`.repeat(8000));
    draw(`${ESC}[31mx`.repeat(4000));
    draw("https://".repeat(2000));
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});

describe("raw", () => {
  it("shows what draw acts upon", () => {
    expect(raw(`a${ESC}[31mb\u0085`).text).toBe("a␛[31mb\ufffd");
  });
});
