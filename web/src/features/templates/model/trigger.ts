/** Inbound triggers: where each parameter of a call comes from, and the call as a command. */
import type { Parameter } from "@/api/queries/templates";
import type { Source, SourceOrder } from "@/api/queries/triggers";
import { quoteWord } from "@/features/job-form";
import { type Problem, problemOf } from "./parameters";

export const KINDS = ["default", "pointer", "value"] as const;
export type SourceKind = (typeof KINDS)[number];

/** What is chosen for one parameter; `default`: the trigger says nothing about it. */
export type Choice = { kind: SourceKind; pointer: string; value: unknown };

const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;

/** A required parameter comes from the body, under its own name; any other has its default. */
export const choiceOf = ({ name, required, default: usual }: Parameter): Choice => ({
  kind: required === true && usual == null ? "pointer" : "default",
  pointer: `/${name}`,
  value: usual ?? undefined,
});

export function choiceProblem(
  parameter: Parameter,
  { kind, pointer, value }: Choice,
): (Omit<Problem, "code"> & { code: Problem["code"] | "pointer" }) | null {
  if (kind === "pointer") return POINTER.test(pointer) ? null : { code: "pointer" };
  if (kind === "value") {
    return problemOf({ ...parameter, required: true, default: null }, value);
  }
  return problemOf(parameter, undefined);
}

export function sourcesOf(choices: Readonly<Record<string, Choice>>): Record<string, SourceOrder> {
  const sources: Record<string, SourceOrder> = {};
  for (const [name, { kind, pointer, value }] of Object.entries(choices)) {
    if (kind === "pointer") sources[name] = { pointer };
    else if (kind === "value") sources[name] = { value };
  }
  return sources;
}

/** A value that a parameter takes: what it says itself, else one of its type. */
function exampleOf(name: string, parameter: Parameter | undefined): unknown {
  const { type, default: own, choices, minimum, maximum, schemes } = parameter ?? {};
  if (own != null && type !== "secret") return own;
  if (type === "integer" || type === "number") return minimum ?? maximum ?? 1;
  if (type === "boolean") return true;
  if (type === "choice") return choices?.[0] ?? "";
  if (type === "file") return schemes?.[0] ? `${schemes[0]}://${name}` : `/${name}`;
  return name.toUpperCase();
}

/** A body in which every pointer finds something that its parameter takes. */
export function exampleBody(
  sources: Readonly<Record<string, Source>>,
  parameters: readonly Parameter[],
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, source] of Object.entries(sources)) {
    if (source.pointer === null) continue;
    const path = source.pointer.slice(1).split("/");
    const steps = path.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = steps.pop() ?? name;
    let inner = body;
    for (const step of steps) {
      inner[step] ??= {};
      inner = inner[step] as Record<string, unknown>;
    }
    inner[last] = exampleOf(
      name,
      parameters.find((one) => one.name === name),
    );
  }
  return body;
}

/** The call as a command; the token comes from the environment unless it is known. */
export function curlOf(
  server: string,
  id: string,
  sources: Readonly<Record<string, Source>>,
  parameters: readonly Parameter[],
  token: string | null,
): string {
  const body = exampleBody(sources, parameters);
  const bearer =
    token === null
      ? '"Authorization: Bearer $HODEI_TRIGGER_TOKEN"'
      : quoteWord(`Authorization: Bearer ${token}`);
  const lines = [`curl -X POST ${quoteWord(`${server}/api/v1/triggers/${id}`)}`, `  -H ${bearer}`];
  if (Object.keys(body).length > 0) {
    lines.push("  -H 'Content-Type: application/json'");
    lines.push(`  --data-binary ${quoteWord(JSON.stringify(body))}`);
  }
  return lines.join(" \\\n");
}
