import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { askEarly, takeEarly, wasEarly } from "./answers";

const at = (path: string, method = "GET") => new Request(`http://hodei.test${path}`, { method });

beforeEach(() => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response("{}")),
  );
});
afterEach(() => {
  delete window.hodeiAsked;
  vi.useRealTimers();
});

it("gives each answer once, to the question that it answers", async () => {
  askEarly("/jobs?limit=5");
  expect(takeEarly(at("/api/v1/jobs"))).toBeUndefined();
  expect(takeEarly(at("/api/v1/jobs?limit=5", "POST"))).toBeUndefined();
  const answer = await takeEarly(at("/api/v1/jobs?limit=5"));
  expect(answer && wasEarly(answer)).toBe(true);
  expect(takeEarly(at("/api/v1/jobs?limit=5"))).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(1);
});

it("gives none that may no longer be true", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  askEarly("/me");
  vi.advanceTimersByTime(15_001);
  expect(takeEarly(at("/api/v1/me"))).toBeUndefined();
});

it("says that the server could not be reached to whoever takes the answer", async () => {
  vi.mocked(fetch).mockRejectedValue(new TypeError("down"));
  askEarly("/me").catch(() => {});
  await expect(takeEarly(at("/api/v1/me"))).rejects.toThrow("down");
  expect(takeEarly(at("/api/v1/me"))).toBeUndefined();
});
