/** The state of a configuration form: what is typed, what is wrong, what a test said. */
import { useRef, useState } from "react";
import { isApiError } from "@/api/problem";
import type { Provider } from "@/api/queries/providers";
import { type Body, draftOfConfig, type Form, readConfig } from "../model/config";
import type { Group } from "../model/draft";
import { controlPaths, issuesFrom } from "../model/place";
import type { Issue } from "../model/read";
import { useTestConfig } from "./data";

export function useConfigForm(form: Form, type: string, initial: Provider | { name: string }) {
  const [draft, setDraft] = useState<Group>(() => draftOfConfig(form, initial));
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const [error, setError] = useState<unknown>(null);
  const summary = useRef<HTMLDivElement>(null);
  const test = useTestConfig();

  const showSummary = () => requestAnimationFrame(() => summary.current?.focus());

  /** The request; undefined when something is wrong, which is then shown. */
  function read(): Body | undefined {
    const found = readConfig(form, type, draft);
    setIssues(found.issues);
    setError(null);
    if (found.issues.length === 0) return found.body;
    showSummary();
    return undefined;
  }

  /** What the server refused, beside its fields. */
  function refuse(failure: unknown): void {
    if (isApiError(failure) && failure.violations.length > 0) {
      setIssues(issuesFrom(failure.violations, controlPaths(form.all, draft)));
    } else {
      setError(failure);
    }
    showSummary();
  }

  function change(values: Group["values"]): void {
    setDraft({ ...draft, values });
    // A test of what was there before says nothing of what is there now.
    if (test.data !== undefined) test.reset();
    if (issues.length > 0) setIssues(readConfig(form, type, { ...draft, values }).issues);
  }

  function runTest(): void {
    const body = read();
    if (body !== undefined) test.mutate(body, { onError: refuse });
  }

  return { draft, issues, error, summary, read, refuse, change, test, runTest };
}
