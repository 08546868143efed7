import { expect, it } from "vitest";
import { expressionOf, SIMPLE, simpleOf } from "./simple";

it.each([
  [{ every: "minutes", step: 15 }, "*/15 * * * *"],
  [{ every: "minutes", step: 1 }, "* * * * *"],
  [{ every: "hour", minute: 5 }, "5 * * * *"],
  [{ every: "day", time: "09:05" }, "5 9 * * *"],
  [{ every: "weekdays", time: "00:30" }, "30 0 * * 1-5"],
  [{ every: "week", time: "23:59", days: [0, 6] }, "59 23 * * 0,6"],
  [{ every: "month", time: "06:00", day: 31 }, "0 6 31 * *"],
] as const)("%j is %s, and back", (chosen, expression) => {
  const simple = { ...SIMPLE, ...chosen };
  expect(expressionOf(simple)).toBe(expression);
  const read = simpleOf(expression);
  expect(read).toMatchObject(chosen);
  expect(read && expressionOf(read)).toBe(expression);
});

it("reads the short words of cron", () => {
  expect(simpleOf("@daily")).toMatchObject({ every: "day", time: "00:00" });
  expect(simpleOf(" @HOURLY ")).toMatchObject({ every: "hour", minute: 0 });
  expect(simpleOf("@weekly")).toMatchObject({ every: "week", days: [0] });
});

it.each([
  "H 9 * * 1-5",
  "0 9 1 1 *",
  "0 9 1 * 1",
  "0 */2 * * *",
  "*/7 * * * *",
  "0 0 9 * * 1-5",
  "0 24 * * *",
  "61 * * * *",
  "0 9 32 * *",
  "0 9 * * mon",
  "@yearly",
  "",
])("leaves %j to cron", (expression) => {
  expect(simpleOf(expression)).toBeNull();
});

it("is nothing while something is missing", () => {
  expect(expressionOf({ ...SIMPLE, time: "" })).toBeNull();
  expect(expressionOf({ ...SIMPLE, every: "week", days: [] })).toBeNull();
});
