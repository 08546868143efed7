/** What a provider tells of itself, in the language of the page. */
import { act, render, screen } from "@testing-library/react";
import { afterAll, beforeAll, expect, it } from "vitest";
import { i18next, loadNamespaces, switchLanguage } from "@/i18n/i18n";
import { Details } from "./TestResult";

beforeAll(async () => {
  await loadNamespaces(["providers"]);
  await switchLanguage("es");
});
afterAll(() => act(() => switchLanguage("en")));

it("says what it knows in Spanish, and shows what it does not know as it came", () => {
  expect(i18next.language).toBe("es");
  const details = {
    data_dir: "/var/lib/hodei",
    isolation: "none",
    nodes: "2 of 3 ready",
    quota_limits_cpu: "4 of 8",
    empty: "",
  };
  render(<Details details={details} />);
  const shown = screen.getAllByRole("definition").map((one) => one.textContent);
  const names = screen.getAllByRole("term").map((one) => one.textContent);
  expect(names).toEqual(["directorio de datos", "aislamiento", "nodos", "quota limits cpu"]);
  expect(shown).toEqual(["/var/lib/hodei", "Sin aislamiento", "2 de 3 listos", "4 of 8"]);
});
