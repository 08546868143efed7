/** Before every test file: English words, a DOM that is emptied after each test, and no canvas. */
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll, vi } from "vitest";
import { startI18n } from "@/i18n/i18n";

// The library of line charts comes while a test is under way or after it, and draws on a canvas,
// which the DOM of tests does not have: tests in real browsers look at what it draws.
vi.mock("uplot", () => ({
  default: class {
    setData() {}
    setSize() {}
    destroy() {}
  },
}));

beforeAll(async () => {
  await startI18n("en");
});
afterEach(cleanup);
