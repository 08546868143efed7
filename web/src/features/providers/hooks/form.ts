/** What a form's fields share: what is wrong, and the words of the type. */
import { createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "@/lib/format";
import { SETTINGS } from "../model/config";
import type { Issue } from "../model/read";
import type { Field } from "../model/schema";

type FormState = {
  /** The type of provider, by which words are found. */
  type: string;
  issues: readonly Issue[];
  busy: boolean;
};

export const FormContext = createContext<FormState>({ type: "", issues: [], busy: false });

export const controlId = (path: string): string => `provider-${path}`;

/** Title and description: in the page's language when they are known, else the schema's own. */
export function useWords(field: Field): { title: string; description: string } {
  const { i18n, t } = useTranslation("providers");
  const { type } = useContext(FormContext);
  const own = field.words.startsWith(`${SETTINGS}_`);
  const words = own ? `${type}.${field.words.slice(SETTINGS.length + 1)}` : `config.${field.words}`;
  const find = (part: "title" | "description"): string => {
    const key = `fields.${words}.${part}`;
    return i18n.exists(key, { ns: "providers" }) ? t(key as never) : field[part];
  };
  return { title: find("title"), description: find("description") };
}

/** An issue in words. */
export function useIssueText(): (issue: Issue) => string {
  const { t, i18n } = useTranslation("providers");
  return ({ code, params }) => {
    const shown = Object.entries(params).map(([name, value]) => [
      name,
      typeof value === "number" ? formatNumber(value, i18n.language, 3) : value,
    ]);
    return t(`issue.${code}`, Object.fromEntries(shown));
  };
}

/** What is wrong with the field at `path`, in words. */
export function useIssue(path: string): string | undefined {
  const { issues } = useContext(FormContext);
  const text = useIssueText();
  const issue = issues.find((one) => one.path === path);
  return issue === undefined ? undefined : text(issue);
}
