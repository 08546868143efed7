/** Everything that is wrong with the form, in one focused place, with links to the fields. */
import { CircleAlert } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { cn } from "@/lib/cn";
import { controlId, useIssueText, useWords } from "../hooks/form";
import type { Form } from "../model/config";
import type { Issue } from "../model/read";
import type { Field } from "../model/schema";

type Props = {
  box: RefObject<HTMLDivElement | null>;
  issues: readonly Issue[];
  error: unknown;
  form: Form;
};

export function Problems({ box, issues, error, form }: Props) {
  const { t } = useTranslation("providers");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const failed = error !== null && error !== undefined;
  const shown = issues.length > 0 || failed;
  return (
    <div ref={box} tabIndex={-1} className={cn("scroll-mt-20 rounded-card", !shown && "hidden")}>
      {shown && (
        <div role="alert" className="tint-failed rounded-card px-4 py-3">
          <h2 className="flex items-center gap-2 font-semibold">
            <CircleAlert size={16} aria-hidden className="shrink-0 text-failed" />
            {failed ? title(error) : t("problems.title", { count: issues.length })}
          </h2>
          {failed ? (
            <p className="mt-1 pl-6 [overflow-wrap:anywhere]">{detail(error)}</p>
          ) : (
            <ul className="mt-1.5 flex flex-col pl-6">
              {issues.map((issue) => (
                <Line
                  key={issue.path + issue.code + String(issue.params.message)}
                  {...{ issue, form }}
                />
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  );
}

const WHOLE: Field = {
  kind: "json",
  name: "",
  words: "",
  title: "",
  description: "",
  required: false,
  hidden: false,
  fallback: undefined,
};

/** The field that a path begins with, and the rest in the path's own writing. */
function fieldAt(form: Form, path: string): Field {
  const inSettings = path.startsWith("settings.");
  const [name] = (inSettings ? path.slice("settings.".length) : path).split(/[.[{]/);
  const fields = inSettings ? form.settings : form.all;
  return fields.find((field) => field.name === name) ?? WHOLE;
}

function Line({ issue, form }: { issue: Issue; form: Form }) {
  const { t } = useTranslation("providers");
  const text = useIssueText()(issue);
  const { title } = useWords(fieldAt(form, issue.path));
  if (title === "") return <li className="py-0.5 [overflow-wrap:anywhere]">{text}</li>;
  const row = /[[{](\d+)[\]}]/.exec(issue.path)?.[1];
  const name = row === undefined ? title : t("rows.nth", { what: title, row: Number(row) + 1 });
  return (
    <li className="py-0.5 [overflow-wrap:anywhere]">
      <a
        href={`#${controlId(issue.path)}`}
        onClick={(event) => {
          event.preventDefault();
          const control = document.getElementById(controlId(issue.path));
          control?.scrollIntoView({ block: "center" });
          control?.focus({ preventScroll: true });
        }}
        className="inline-block text-link underline underline-offset-2 pointer-coarse:py-2"
      >
        {name}
      </a>
      : {text}
    </li>
  );
}
