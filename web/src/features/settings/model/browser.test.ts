import { describe, expect, it } from "vitest";
import { browserOf } from "./browser";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";

describe("browserOf", () => {
  it.each([
    [`${CHROME} Chrome/156.0.0.0 Safari/537.36`, "Chrome · Linux"],
    [`${CHROME} Chrome/156.0.0.0 Safari/537.36 Edg/156.0`, "Edge · Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox · Windows"],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
      "Safari · iOS",
    ],
    ["curl/8.1", undefined],
    ["", undefined],
  ])("%s", (agent, words) => {
    expect(browserOf(agent)).toBe(words);
  });
});
