import { expect, it } from "vitest";
import { templateName } from "./template-name";

it.each([
  ["Data Processing Pipeline", "Data-Processing-Pipeline"],
  ["  Añadir café / 2  ", "Anadir-cafe-2"],
  ["v1.2_final", "v1.2_final"],
  ["--x--", "x"],
  ["日本", "template"],
  ["a".repeat(150), "a".repeat(100)],
])("%s is saved as %s", (job, name) => {
  expect(templateName(job)).toBe(name);
});
