import { describe, expect, it } from "vitest";
import { dataOf, filesOf, pageAt } from "./pages";

const PAGES = [
  { path: "/", name: "dashboard/DashboardPage", files: [0] },
  { path: "/jobs/$jobId", name: "job-detail/JobPage", files: [1, 2] },
  { path: "/jobs/new", name: "job-form/NewJobPage", files: [3] },
];
const WORDS = { common: { en: 10, es: 11 }, "job-detail": { en: 12, es: 13 } };

describe("the page at an address", () => {
  it("is the one whose address is spelt out before one with a parameter", () => {
    expect(pageAt(PAGES, "/")?.name).toBe("dashboard/DashboardPage");
    expect(pageAt(PAGES, "/jobs/new")?.name).toBe("job-form/NewJobPage");
    expect(pageAt(PAGES, "/jobs/e9ac/")?.name).toBe("job-detail/JobPage");
    expect(pageAt(PAGES, "/jobs/e9ac/logs")).toBeUndefined();
  });

  it("needs its files and the words of the language, and an unknown one the common words", () => {
    expect(filesOf(PAGES[1], "es", WORDS)).toEqual([11, 13, 1, 2]);
    expect(filesOf(PAGES[0], "en", WORDS)).toEqual([10, 0]);
    expect(filesOf(undefined, "en", WORDS)).toEqual([10]);
  });

  it("asks for its data with what the address says", () => {
    const page = { path: "/jobs/$jobId", name: "a/B", files: [] };
    expect(dataOf(page, { "a/B": ["/jobs/$jobId", "/summary"] }, "/jobs/e9ac")).toEqual([
      "/jobs/e9ac",
      "/summary",
    ]);
    expect(dataOf(page, {}, "/jobs/e9ac")).toEqual([]);
  });
});
