import { describe, expect, it } from "vitest";
import { namesIn, pieces, placeholder, replaced, wholeName } from "./placeholders";

describe("placeholders", () => {
  it("are names of parameters in double braces and nothing else", () => {
    expect(namesIn("{{ a }} {{b_2}}x{{  a}}")).toEqual(["a", "b_2", "a"]);
    expect(namesIn("{{ A }} {{.Names}} {{ 2a }} { a } {{ a b }} $a")).toEqual([]);
    expect(namesIn(`{{ ${"a".repeat(63)} }}`)).toHaveLength(1);
    expect(namesIn(`{{ ${"a".repeat(64)} }}`)).toHaveLength(0);
  });

  it("can be all of a text", () => {
    expect(wholeName(" {{ cpu }} ")).toBe("cpu");
    expect(wholeName("{{cpu}}")).toBe("cpu");
    expect(wholeName("{{ cpu }}m")).toBeNull();
    expect(wholeName("{{ a }}{{ b }}")).toBeNull();
    expect(wholeName(placeholder("x"))).toBe("x");
  });

  it("can be replaced, as often as they are there, and cut out", () => {
    expect(replaced("{{ a }}-{{ b }}-{{ a }}", (name) => name.toUpperCase())).toBe("A-B-A");
    expect(replaced("{{ a }}", () => "$&")).toBe("$&");
    expect(pieces("x {{ a }} y")).toEqual(["x ", "{{ a }}", " y"]);
    expect(pieces("plain")).toEqual(["plain"]);
  });
});
