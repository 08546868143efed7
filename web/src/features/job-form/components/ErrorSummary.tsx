/** Everything that is wrong, in one focused place, each with a link to its field. */
import { CircleAlert } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { cn } from "@/lib/cn";
import { controlId, useForm } from "../hooks/form";
import type { Issue } from "../model/issues";
import type { FieldName, FormValues } from "../model/values";
import { useIssueText } from "./fields";

/** What is wrong outside of the job's own fields. */
export type OtherIssue = { id: string; label: string; text: string };

type Props = {
  box: RefObject<HTMLDivElement | null>;
  error: unknown;
  others?: readonly OtherIssue[];
  /** In place of what is said of a job that was not scheduled. */
  failed?: string;
};

export function ErrorSummary({ box, error, others = [], failed: said }: Props) {
  const { t } = useTranslation("job-form");
  const { issues, tried, template } = useForm();
  const count = issues.length + others.length;
  const failed = error !== null && error !== undefined;
  const shown = tried && count > 0;
  return (
    <div
      ref={box}
      tabIndex={-1}
      className={cn("rounded-card outline-offset-2", !shown && !failed && "hidden")}
    >
      {(shown || failed) && (
        <div role="alert" className="tint-failed rounded-card px-4 py-3">
          <h2 className="flex items-center gap-2 font-semibold">
            <CircleAlert size={16} aria-hidden className="shrink-0 text-failed" />
            {shown
              ? t(template === null ? "summary.title" : "summary.template", { count })
              : (said ?? t("submit.failed"))}
          </h2>
          {shown ? (
            <IssueList issues={issues} others={others} />
          ) : (
            <Failure error={error} kept={template === null} />
          )}
        </div>
      )}
    </div>
  );
}

type ListProps = { issues: readonly Issue[]; others: readonly OtherIssue[] };

function IssueList({ issues, others }: ListProps) {
  const { t } = useTranslation("job-form");
  const { values } = useForm();
  const text = useIssueText();
  return (
    <ul className="mt-1.5 flex flex-col pl-6">
      {others.map(({ id, label, text: words }) => (
        <li key={id + words} className="py-0.5">
          <IssueLink id={id}>{label}</IssueLink>: {words}
        </li>
      ))}
      {issues.map((issue) => {
        const words = text(issue);
        const place = placeOf(issue, values);
        if (place === null) {
          return (
            <li key={words} className="py-0.5">
              {t("summary.whole")}: {words}
            </li>
          );
        }
        const field = t(`field.${place.field}`);
        const label = place.row === null ? field : t("summary.row", { field, name: place.row });
        return (
          <li key={issue.field + issue.code + words} className="py-0.5">
            <IssueLink id={controlId(issue.field)}>{label}</IssueLink>: {words}
          </li>
        );
      })}
    </ul>
  );
}

function IssueLink({ id, children }: { id: string; children: string }) {
  return (
    <a
      href={`#${id}`}
      onClick={(event) => {
        event.preventDefault();
        goTo(id);
      }}
      className="inline-block text-link underline underline-offset-2 pointer-coarse:py-3"
    >
      {children}
    </a>
  );
}

function placeOf(
  issue: Issue,
  values: FormValues,
): { field: FieldName; row: string | null } | null {
  if (issue.field === "") return null;
  const [name = "", rowId] = issue.field.split(".");
  const field = name as FieldName;
  if (rowId === undefined) return { field, row: null };
  const rows = values[field];
  if (!Array.isArray(rows)) return { field, row: null };
  const index = rows.findIndex((row) => typeof row === "object" && row.id === rowId);
  const row = rows[index];
  const named = typeof row === "object" && row.name !== "" ? row.name : String(index + 1);
  return { field, row: named };
}

/** Brings the field into sight, with the focus on it. */
function goTo(id: string): void {
  const element = document.getElementById(id);
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
}

function Failure({ error, kept }: { error: unknown; kept: boolean }) {
  const { t } = useTranslation("job-form");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  return (
    <div className="mt-1.5 flex flex-col gap-1 pl-6">
      <p>{title(error)}.</p>
      <p className="text-muted [overflow-wrap:anywhere]">{detail(error)}</p>
      {kept && <p className="text-muted">{t("submit.keptDraft")}</p>}
    </div>
  );
}
