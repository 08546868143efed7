/** What is wrong with a template's parameters, in words. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { formatNumber } from "@/lib/format";
import { type Problem, problemsOf, type Values } from "../model/parameters";

/** A problem as a sentence, its numbers as the language writes them. */
export function useProblemText(): (problem: Pick<Problem, "params"> & { code: string }) => string {
  const { t, i18n } = useTranslation("templates");
  return useCallback(
    ({ code, params = {} }) => {
      const shown = Object.entries(params).map(([name, value]) => [
        name,
        typeof value === "number" ? formatNumber(value, i18n.language, 6) : value,
      ]);
      return t(`problem.${code}` as "problem.required", Object.fromEntries(shown));
    },
    [t, i18n.language],
  );
}

/** Answers what is wrong with values, by the name of the parameter; nothing wrong: an empty map. */
export function useParameterProblems(): (
  parameters: readonly Parameter[],
  values: Values,
) => Record<string, string> {
  const text = useProblemText();
  return useCallback(
    (parameters, values) => {
      const found = Object.entries(problemsOf(parameters, values));
      return Object.fromEntries(found.map(([name, problem]) => [name, text(problem)]));
    },
    [text],
  );
}
