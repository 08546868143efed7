/** What is pasted, what keys send, why shells end, and who may enter. */
import { describe, expect, it } from "vitest";
import { admissionOf } from "./admission";
import { sequenceOf, withControl } from "./keys";
import { asOneLine, cleaned, lineCount, needsAsking } from "./paste";
import { reasonOf } from "./reasons";

describe("paste", () => {
  it("asks about whatever ends a line, however it does", () => {
    for (const text of ["rm -rf x\n", "a\rb", "a\r\nb"]) expect(needsAsking(text)).toBe(true);
    expect(needsAsking("ls\t-l ñ 🙂")).toBe(false);
  });

  it("counts lines as a person does, and joins them", () => {
    expect([lineCount("a"), lineCount("a\n"), lineCount("a\r\nb\rc\n")]).toEqual([1, 1, 3]);
    expect(asOneLine("  for x\n\n do y\r\ndone\n")).toBe("for x do y done");
  });

  it("takes hidden keys out and leaves words as they are", () => {
    expect(cleaned("a\x1b[201~\x03b\tñ🙂\r\n\x7f")).toBe("a[201~b\tñ🙂\r\n");
  });
});

describe("keys", () => {
  it("sends what a keyboard would", () => {
    expect(sequenceOf("up", false)).toBe("\x1b[A");
    expect(sequenceOf("left", true)).toBe("\x1bOD");
    expect([withControl("c"), withControl("D"), withControl(" ")]).toEqual(["\x03", "\x04", "\0"]);
    expect(withControl("1")).toBe("1");
    expect(withControl("\x1b[A")).toBe("\x1b[A");
  });
});

describe("reasonOf", () => {
  it("knows what the server says, and keeps what it does not know", () => {
    expect(reasonOf("")).toBeUndefined();
    expect(reasonOf("the job is over")).toEqual({ name: "over" });
    expect(reasonOf("there is no shell in this image: neither…")).toEqual({ name: "noShell" });
    expect(reasonOf("closed: nothing passed for 3600 s")).toEqual({ name: "idle", seconds: 3600 });
    expect(reasonOf("8 terminals are open already")).toEqual({ name: "full", count: 8 });
    expect(reasonOf("something else")).toEqual({ name: "other", text: "something else" });
  });
});

describe("admissionOf", () => {
  const running = { state: "RUNNING", phase: "RUNNING", cancel_requested_at: null } as const;
  it("opens only for who may enter what runs", () => {
    expect(admissionOf(running, true)).toBe("open");
    expect(admissionOf(running, undefined)).toBe("unknown");
    expect(admissionOf(undefined, true)).toBe("unknown");
    expect(admissionOf(running, false)).toBe("forbidden");
    expect(admissionOf({ ...running, phase: "PULLING" }, true)).toBe("waiting");
    expect(admissionOf({ ...running, state: "TIMEOUT", phase: "DONE" }, true)).toBe("over");
    const cancelling = { ...running, cancel_requested_at: "2026-01-01T00:00:00Z" };
    expect(admissionOf(cancelling, true)).toBe("cancelling");
  });
});
