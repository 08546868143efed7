/** What would happen to the job if it were submitted now, asked a moment after the last change. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, type Schemas, unwrap } from "@/api/client";
import type { Issue } from "../model/issues";
import { type JobSpec, specOf } from "../model/spec";
import { DEFAULTS, type FormValues } from "../model/values";

export type Plan = Schemas["PlanView"];
export type PlanState =
  | { kind: "incomplete" }
  | { kind: "asking" }
  | { kind: "failed"; error: unknown }
  | { kind: "known"; plan: Plan };

const PAUSE_MS = 350;
const FRESH_MS = 10_000;

/** The spec as far as placement looks at it: no script and no value leaves the page. */
function planned(values: FormValues): JobSpec {
  const { env: _, stdin: __, ...spec } = specOf({ ...values, ...SAFE });
  return { ...spec, name: "plan", command: { type: "shell", script: "true" } };
}

/** Values that count for placement are checked before anybody is asked. */
const COUNTS = new Set([
  "image",
  "cpu",
  "memoryMb",
  "storageMb",
  "gpus",
  "providerLabels",
  "timeoutMs",
  "project",
]);

/** `permitted`: whether a plan would be answered. */
export function usePlan(
  values: FormValues,
  issues: readonly Issue[],
  permitted: boolean,
): PlanState {
  const blocked = issues.some(
    ({ field, code }) => code !== "server" && COUNTS.has(field.split(".")[0] ?? ""),
  );
  return usePlanOf(blocked || !permitted ? null : planned(values));
}

/** The plan of what is known of a spec; null: not enough is. */
export function usePlanOf(spec: object | null): PlanState {
  const wanted = spec === null ? null : JSON.stringify(spec);
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const query = useQuery({
    queryKey: ["plan", asked],
    queryFn: ({ signal }) =>
      unwrap(api.POST("/jobs:plan", { body: JSON.parse(asked ?? "{}"), signal })),
    enabled: asked !== null,
    staleTime: FRESH_MS,
    refetchInterval: FRESH_MS,
    placeholderData: (before) => before,
    retry: 1,
  });
  if (wanted === null) return { kind: "incomplete" };
  if (query.data !== undefined) return { kind: "known", plan: query.data };
  if (query.isError) return { kind: "failed", error: query.error };
  return { kind: "asking" };
}

/** Fields that placement ignores and that may be wrong while the rest is right. */
const SAFE: Partial<FormValues> = {
  type: "shell",
  workingDir: "",
  labels: [],
  graceMs: DEFAULTS.graceMs,
  queueTimeoutMs: "",
  retry: false,
};
