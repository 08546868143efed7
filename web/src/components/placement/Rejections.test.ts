import { expect, test } from "vitest";
import { sentence } from "./Rejections";

test.each([
  ["it has no room", "It has no room."],
  ["it has no room.", "It has no room."],
  ["does not answer: is it running?", "Does not answer: is it running?"],
  ["", ""],
])("%j is told as %j", (clause, told) => {
  expect(sentence(clause)).toBe(told);
});
