/** The state of the form of a template: its own fields, its parameters, and the job that they fill. */
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Template, TemplateOrder } from "@/api/queries/templates";
import {
  DEFAULTS,
  issuesFrom,
  type OtherIssue,
  templateIssuesOf,
  templateSpecOf,
  templateValuesOf,
  usedNames,
  useFormState,
  type Violation,
} from "@/features/job-form";
import {
  type ParameterRow,
  parameterOf,
  type RowIssue,
  refusedCell,
  rowIssues,
  rowOf,
} from "../model/editor";
import { useProblemText } from "./problems";

export type Head = { name: string; description: string; tags: string; project: string };
export type HeadIssue = { field: keyof Head; code: string; params?: Record<string, string> };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];

function headIssues({ name }: Head): HeadIssue[] {
  const given = name.trim();
  if (given === "") return [{ field: "name", code: "required" }];
  return NAME.test(given) ? [] : [{ field: "name", code: "templateName" }];
}

type Refused = { head: HeadIssue[]; rows: RowIssue[]; of: { head: Head; rows: ParameterRow[] } };

export type Start = Pick<Template, "name" | "description" | "tags" | "project"> & {
  spec: Template["spec"] | null;
  parameters: Template["parameters"];
};

export function useTemplateForm(start: Start) {
  const { t } = useTranslation("templates");
  const text = useProblemText();
  const [head, setHead] = useState<Head>(() => ({
    name: start.name,
    description: start.description,
    tags: start.tags.join(", "),
    project: start.project,
  }));
  const [rows, setRows] = useState<ParameterRow[]>(() => start.parameters.map(rowOf));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [refused, setRefused] = useState<Refused | null>(null);
  const [initial] = useState(() => (start.spec === null ? DEFAULTS : templateValuesOf(start.spec)));
  const names = rows.map(({ name }) => name).join(" ");
  const mode = useMemo(() => {
    const parameters = names.split(" ").filter((name) => name !== "");
    return {
      parameters,
      issuesOf: (values: typeof DEFAULTS) => templateIssuesOf(values, parameters),
    };
  }, [names]);
  const job = useFormState(initial, mode);
  const used = useMemo(() => usedNames(job.values), [job.values]);
  const parameters = useMemo(() => rows.map(parameterOf), [rows]);

  const ofHead = [...headIssues(head), ...(refused?.of.head === head ? refused.head : [])];
  const ofRows = [...rowIssues(rows), ...(refused?.of.rows === rows ? refused.rows : [])];
  const isShown = (place: string, code: string) =>
    job.tried || code === "server" || left.has(place);
  const others: OtherIssue[] = [
    ...ofHead.map((issue) => ({
      id: `template-${issue.field}`,
      label: t(`head.${issue.field}`),
      text: text(issue),
    })),
    ...ofRows.map((issue) => ({
      id: `${issue.row}-${issue.cell}`,
      label: t("parameters.place", {
        name: rows.find(({ id }) => id === issue.row)?.name || t("parameters.unnamed"),
        cell: t(`cell.${issue.cell}`),
      }),
      text: text(issue),
    })),
  ];

  /** Puts what the server refused beside the fields that it is about. */
  const refuse = useCallback(
    (violations: readonly Violation[]) => {
      const inHead: HeadIssue[] = [];
      const inRows: RowIssue[] = [];
      const inJob: Violation[] = [];
      for (const { field, message } of violations) {
        const cell = refusedCell(field, message, rows);
        const own = /^(name|description|tags|project)\b/.exec(field)?.[1] as keyof Head | undefined;
        if (cell !== null) inRows.push(cell);
        else if (own) inHead.push({ field: own, code: "server", params: { message } });
        else inJob.push({ field: field.replace(/^spec\./, ""), message });
      }
      setRefused({ head: inHead, rows: inRows, of: { head, rows } });
      job.showAll(issuesFrom(inJob, job.values));
    },
    [head, rows, job],
  );

  const order = (): TemplateOrder => {
    const name = head.name.trim();
    const spec = templateSpecOf(job.values);
    return {
      name,
      description: head.description.trim(),
      tags: tagsOf(head.tags),
      project: head.project,
      parameters,
      spec: { ...spec, name: spec.name ?? name },
    };
  };

  return {
    job,
    head,
    setHead: (change: Partial<Head>) => setHead((before) => ({ ...before, ...change })),
    headError: (field: keyof Head) => {
      const issue = ofHead.find((one) => one.field === field);
      return issue && isShown(field, issue.code) ? text(issue) : undefined;
    },
    rows,
    setRows,
    rowIssues: ofRows.filter(({ row, cell, code }) => isShown(`${row}-${cell}`, code)),
    leave: (place: string) => setLeft((before) => new Set(before).add(place)),
    used,
    parameters,
    others,
    isRight: ofHead.length + ofRows.length + job.issues.length === 0,
    refuse,
    order,
  };
}

export type TemplateForm = ReturnType<typeof useTemplateForm>;
