import { describe, expect, it } from "vitest";
import { type Bucket, changeOf, endSeries, finishedOf, successOf, timeSeries } from "./figures";

const bucket = (finished: Record<string, number>, p50: number | null = null): Bucket => ({
  start: "2026-11-20T08:00:00Z",
  submitted: 9,
  finished,
  duration_avg_ms: null,
  duration_p50_ms: p50,
  duration_p95_ms: null,
  queue_wait_p50_ms: null,
  queue_wait_p95_ms: null,
  start_latency_p50_ms: null,
  start_latency_p95_ms: null,
});

describe("success", () => {
  it("counts what finished, however it ended", () => {
    const one = bucket({ SUCCEEDED: 6, FAILED: 1, TIMEOUT: 1, CANCELLED: 0 });
    expect(finishedOf(one)).toBe(8);
    expect(successOf(one)).toBe(0.75);
  });

  it("is unknown where nothing finished", () => expect(successOf(bucket({}))).toBeNull());
});

describe("changeOf", () => {
  it("is a share of what was before", () => {
    expect(changeOf(15, 10)).toBeCloseTo(0.5);
    expect(changeOf(0, 10)).toBe(-1);
  });

  it("needs both", () => {
    expect(changeOf(15, 0)).toBeNull();
    expect(changeOf(null, 10)).toBeNull();
  });
});

it("stacks every way to end, and leaves gaps in times that are not known", () => {
  const two = [bucket({ SUCCEEDED: 2 }, 40), bucket({ FAILED: 1 })];
  const ends = endSeries(two, (state) => state);
  expect(ends.map(({ key, values }) => [key, ...values])).toEqual([
    ["SUCCEEDED", 2, 0],
    ["FAILED", 0, 1],
    ["TIMEOUT", 0, 0],
    ["CANCELLED", 0, 0],
  ]);
  expect(timeSeries(two, [["duration_p50_ms", "p50"]])[0]?.values).toEqual([40, null]);
});
