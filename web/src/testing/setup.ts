/** Before every test file: English words, and a DOM that is emptied after each test. */
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { startI18n } from "@/i18n/i18n";

beforeAll(async () => {
  await startI18n("en");
});
afterEach(cleanup);
