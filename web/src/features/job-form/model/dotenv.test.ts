import { describe, expect, it } from "vitest";
import { looksDotenv, parseDotenv } from "./dotenv";

describe("pasted .env text", () => {
  it("gives pairs in order, the last of a name winning", () => {
    const text = [
      "# a comment",
      "API_URL=https://api.example.com/data?a=1#frag",
      "export API_TOKEN='s3 cret # not a comment'",
      'GREETING="two\\nlines \\"quoted\\" \\$HOME"',
      "EMPTY=",
      "SPACED = around   # a comment",
      "yaml: style",
      "API_URL=https://second.example.com",
      'PEM="-----BEGIN',
      'END-----"',
      "not a pair",
    ].join("\r\n");
    expect(parseDotenv(text)).toEqual([
      { name: "API_TOKEN", value: "s3 cret # not a comment" },
      { name: "GREETING", value: 'two\nlines "quoted" $HOME' },
      { name: "EMPTY", value: "" },
      { name: "SPACED", value: "around" },
      { name: "yaml", value: "style" },
      { name: "API_URL", value: "https://second.example.com" },
      { name: "PEM", value: "-----BEGIN\nEND-----" },
    ]);
  });

  it("is told apart from a value", () => {
    expect(looksDotenv("A=1\nB=2")).toBe(true);
    expect(looksDotenv("# note\nexport A=1\n")).toBe(true);
    expect(looksDotenv("A=1")).toBe(true);
    expect(looksDotenv("https://example.com/?a=1")).toBe(false);
    expect(looksDotenv("plain words")).toBe(false);
    expect(looksDotenv("-----BEGIN KEY-----\nabc=\n-----END KEY-----")).toBe(false);
    expect(looksDotenv("")).toBe(false);
  });
});
