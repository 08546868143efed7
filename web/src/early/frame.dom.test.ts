import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { drawFrame, drawNote, rememberStranger } from "./frame";
import type { Frame } from "./frame-looks";

const JOBS: Frame = { look: "plain", en: "Jobs", es: "Trabajos" };
const part = (name: string) => document.querySelector<HTMLElement>(`[data-frame="${name}"]`);

describe("the frame before the scripts", () => {
  beforeEach(() => {
    localStorage.clear();
    const page = readFileSync("index.html", "utf8");
    document.body.innerHTML = /<body>([\s\S]*?)<script/.exec(page)?.[1] ?? "";
  });

  it("shows the title in the language of the page, to no screen reader", () => {
    expect(part("whole")?.hidden).toBe(true);
    drawFrame(JOBS, "es");
    expect(part("whole")?.hidden).toBe(false);
    expect(part("whole")?.getAttribute("aria-hidden")).toBe("true");
    expect(part("title")?.textContent).toBe("Trabajos");
    expect(part("back")?.hidden).toBe(true);
    expect(part("bar")?.hidden).toBe(false);
  });

  it("leaves room for the arrow back, and none for the bar where the page has the screen", () => {
    drawFrame({ ...JOBS, look: "screen" }, "en");
    expect(part("back")?.hidden).toBe(false);
    expect(part("bar")?.hidden).toBe(true);
  });

  it("says above the title what holds for the whole server, once that is known", () => {
    drawFrame(JOBS, "en");
    expect(part("note")?.hidden).toBe(true);
    drawNote("Anybody may do everything.");
    expect(part("note")?.hidden).toBe(false);
    expect(part("note")?.textContent).toBe("Anybody may do everything.");
    part("whole")?.remove(); // the page has taken its place
    expect(() => drawNote("late")).not.toThrow();
  });

  it("is drawn neither for a page without one nor for a stranger", () => {
    drawFrame(undefined, "en");
    rememberStranger(true);
    drawFrame(JOBS, "en");
    expect(part("whole")?.hidden).toBe(true);
    rememberStranger(false);
    drawFrame(JOBS, "en");
    expect(part("whole")?.hidden).toBe(false);
  });
});
