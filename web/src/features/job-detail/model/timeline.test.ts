import { describe, expect, it } from "vitest";
import { at, attemptOf, jobOf, ms, outcomeOf } from "./fixtures";
import { isCancelling, lengthOf, type Step, timelineOf } from "./timeline";

const brief = (steps: Step[]) =>
  steps.map(({ name, state, note, start, end }) => [
    name,
    state,
    note,
    start === null ? null : (start - ms(0)) / 1000,
    end === null ? null : (end - ms(0)) / 1000,
  ]);

describe("the timeline", () => {
  it("of a waiting job stands at Queued", () => {
    expect(brief(timelineOf(jobOf({ state: "PENDING" })))).toEqual([
      ["queued", "active", null, 0, null],
      ["image", "waiting", null, null, null],
      ["running", "waiting", null, null, null],
      ["cleanup", "waiting", null, null, null],
    ]);
  });

  it("of a finished job with a pull has four real times", () => {
    const attempt = attemptOf(
      [
        ["QUEUED", 1],
        ["PROVISIONING", 1],
        ["PULLING", 2, "100%"],
        ["REGISTERING", 9],
        ["STARTING", 10],
        ["RUNNING", 10.5],
        ["CLEANUP", 40],
        ["DONE", 41],
      ],
      { outcome: outcomeOf("exit", 0) },
    );
    expect(brief(timelineOf(jobOf({ state: "SUCCEEDED", attempts: [attempt] })))).toEqual([
      ["queued", "done", null, 0, 1],
      ["image", "done", null, 1, 10.5],
      ["running", "done", null, 10.5, 40],
      ["cleanup", "done", null, 40, 41],
    ]);
  });

  it("shows the percent of a running pull", () => {
    const attempt = attemptOf([
      ["QUEUED", 1],
      ["PROVISIONING", 1],
      ["PULLING", 2, "40%"],
    ]);
    const step = timelineOf(jobOf({ state: "ASSIGNED", attempts: [attempt] }))[1];
    expect(step).toMatchObject({ state: "active", note: "pulling", detail: "40%", end: null });
  });

  it.each([
    ["PROVISIONING", "preparing", "0/3 nodes are available"],
    ["PULLING", "pulling", "the registry does not answer"],
  ] as const)("says what %s waits for", (phase, note, detail) => {
    const attempt = attemptOf([
      ["QUEUED", 1],
      [phase, 1, detail],
    ]);
    const step = timelineOf(jobOf({ state: "ASSIGNED", attempts: [attempt] }))[1];
    expect(step).toMatchObject({ state: "active", note, detail });
  });

  it.each([
    [{}, "alpine:latest", "present"],
    [{ warm: true }, "alpine:latest", "warm"],
    [{}, null, "noImage"],
    [{ warm: true }, null, "noImage"],
  ] as const)("says why no image was pulled: %j of %s is %s", (changes, name, note) => {
    const marks: Parameters<typeof attemptOf>[0] = [
      ["QUEUED", 1],
      ["STARTING", 1],
      ["RUNNING", 2],
    ];
    const job = jobOf({ spec: { image: name }, attempts: [attemptOf(marks, changes)] });
    expect(timelineOf(job)[1]).toMatchObject({ state: "skipped", note, start: ms(1), end: ms(2) });
    expect(timelineOf(job)[2]).toMatchObject({ state: "active", start: ms(2) });
  });

  it("marks the step that failed", () => {
    const marks: Parameters<typeof attemptOf>[0] = [
      ["QUEUED", 1],
      ["PROVISIONING", 1],
      ["CLEANUP", 3],
    ];
    const unpulled = attemptOf(marks, { outcome: outcomeOf("image") });
    expect(brief(timelineOf(jobOf({ state: "FAILED", attempts: [unpulled] }))).slice(1)).toEqual([
      ["image", "failed", null, 1, 3],
      ["running", "skipped", "neverStarted", null, null],
      ["cleanup", "active", "removing", 3, null],
    ]);
    const failed = attemptOf(
      [
        ["QUEUED", 1],
        ["STARTING", 1],
        ["RUNNING", 2],
        ["CLEANUP", 3],
      ],
      {
        outcome: outcomeOf("exit", 3),
      },
    );
    expect(timelineOf(jobOf({ attempts: [failed] }))[2]?.state).toBe("failed");
    const stopped = { ...failed, outcome: outcomeOf("cancelled") };
    expect(timelineOf(jobOf({ attempts: [stopped] }))[2]?.state).toBe("stopped");
  });

  it("says that a job is being cancelled, or out of sight", () => {
    const cancelling = attemptOf([
      ["QUEUED", 1],
      ["STARTING", 1],
      ["RUNNING", 2],
      ["CANCELLING", 5],
    ]);
    const job = jobOf({ cancel_requested_at: at(5), attempts: [cancelling] });
    expect(timelineOf(job)[2]).toMatchObject({ state: "active", note: "cancelling", start: ms(2) });
    expect(isCancelling(job)).toBe(true);
    expect(isCancelling({ ...job, state: "CANCELLED" })).toBe(false);
    const lost = attemptOf([
      ["QUEUED", 1],
      ["STARTING", 1],
      ["RUNNING", 2],
      ["LOST", 9, "silent"],
    ]);
    const step = timelineOf(jobOf({ attempts: [lost] }))[2];
    expect(step).toMatchObject({ note: "lost", detail: "silent" });
  });

  it("of a job that was cancelled in the queue ends there", () => {
    const job = jobOf({ state: "CANCELLED", finished_at: at(4) });
    expect(brief(timelineOf(job))).toEqual([
      ["queued", "done", null, 0, 4],
      ["image", "skipped", "neverStarted", null, null],
      ["running", "skipped", "neverStarted", null, null],
      ["cleanup", "skipped", "neverStarted", null, null],
    ]);
  });

  it("starts a second attempt where the first one ended", () => {
    const first = attemptOf(
      [
        ["QUEUED", 1],
        ["STARTING", 1],
        ["RUNNING", 2],
        ["CLEANUP", 3],
        ["DONE", 4],
      ],
      {
        ended_at: at(3),
        outcome: outcomeOf("exit", 1),
      },
    );
    const second = attemptOf(
      [
        ["QUEUED", 8],
        ["STARTING", 8],
        ["RUNNING", 9],
      ],
      { number: 2 },
    );
    const job = jobOf({ attempts: [first, second] });
    expect(timelineOf(job)[0]).toMatchObject({ start: ms(3), end: ms(8) });
    expect(timelineOf(job, 1)[2]).toMatchObject({ state: "failed", end: ms(3) });
    const waits = jobOf({ state: "PENDING", queued_at: at(3), attempts: [first] });
    expect(timelineOf(waits)[0]).toMatchObject({
      state: "active",
      note: "retryWait",
      start: ms(3),
    });
  });

  it("counts on while a step is not over", () => {
    const step = timelineOf(jobOf({ state: "PENDING" }))[0] as Step;
    expect(lengthOf(step, ms(7))).toBe(7000);
    expect(lengthOf({ ...step, end: ms(2) }, ms(7))).toBe(2000);
    expect(lengthOf({ ...step, start: null }, ms(7))).toBeNull();
  });
});
