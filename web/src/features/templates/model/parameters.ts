/** Values for the parameters of a template: what they begin with, and what is wrong with them. */
import type { Parameter, TemplateSpec } from "@/api/queries/templates";
import { wholeName } from "@/lib/placeholders";

/** By name, as they are sent. */
export type Values = Readonly<Record<string, unknown>>;

export type Problem = {
  code:
    | "required"
    | "integer"
    | "number"
    | "between"
    | "least"
    | "most"
    | "length"
    | "pattern"
    | "choice"
    | "file"
    | "secretName";
  params?: Record<string, string | number>;
};

/** What a form begins with: the defaults, and a switch that is off where there is none. */
export function parameterDefaults(parameters: readonly Parameter[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type, default: usual } of parameters) {
    if (usual != null) values[name] = usual;
    else if (type === "boolean") values[name] = false;
  }
  return values;
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === "";

/** What is wrong with `value`; null: nothing that can be known here. */
export function problemOf(parameter: Parameter, value: unknown): Problem | null {
  if (isEmpty(value)) {
    const needed = parameter.required === true && (parameter.default ?? null) === null;
    return needed ? { code: "required" } : null;
  }
  switch (parameter.type) {
    case "integer":
    case "number":
      return numberProblem(parameter, value);
    case "boolean":
      return null;
    case "choice":
      return parameter.choices?.includes(String(value)) ? null : { code: "choice" };
    case "secret":
      return secretProblem(parameter, value);
    case "file":
      return fileProblem(parameter, String(value));
    case "string":
      return textProblem(parameter, String(value));
  }
}

function numberProblem({ type, minimum, maximum }: Parameter, value: unknown): Problem | null {
  if (typeof value !== "number") return { code: type === "integer" ? "integer" : "number" };
  if (type === "integer" && !Number.isInteger(value)) return { code: "integer" };
  const least = minimum ?? Number.NEGATIVE_INFINITY;
  const most = maximum ?? Number.POSITIVE_INFINITY;
  if (value >= least && value <= most) return null;
  if (minimum == null) return { code: "most", params: { most } };
  if (maximum == null) return { code: "least", params: { least } };
  return { code: "between", params: { least, most } };
}

function textProblem(parameter: Parameter, text: string): Problem | null {
  const least = parameter.min_length ?? 0;
  const most = parameter.max_length ?? Number.POSITIVE_INFINITY;
  const length = [...text].length;
  if (length < least || length > most) {
    return {
      code: "length",
      params: { least, most: most === Number.POSITIVE_INFINITY ? "∞" : most },
    };
  }
  if (parameter.pattern && !matches(parameter.pattern, text)) {
    return { code: "pattern", params: { pattern: parameter.pattern } };
  }
  return null;
}

/** Whether the whole of `text` follows `pattern`; one that only the server reads is left to it. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return true;
  }
}

const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Whether `value` names a stored secret. */
export const isStored = (value: unknown): value is { secret: string } =>
  typeof value === "object" && value !== null && "secret" in value;

function secretProblem(parameter: Parameter, value: unknown): Problem | null {
  if (!isStored(value)) return textProblem(parameter, String(value));
  if (value.secret === "") return { code: "required" };
  return SECRET_NAME.test(value.secret) ? null : { code: "secretName" };
}

function fileProblem({ schemes }: Parameter, text: string): Problem | null {
  if (text.startsWith("/") && text.length > 1) return null;
  const scheme = /^([a-z][a-z0-9+.-]*):\/*[^/]/i.exec(text)?.[1]?.toLowerCase();
  const allowed = schemes ?? [];
  if (scheme !== undefined && allowed.includes(scheme)) return null;
  return { code: "file", params: { schemes: ["/…", ...allowed.map((s) => `${s}://`)].join(", ") } };
}

/** Everything that is wrong, by name. */
export function problemsOf(
  parameters: readonly Parameter[],
  values: Values,
): Record<string, Problem> {
  const problems: Record<string, Problem> = {};
  for (const parameter of parameters) {
    const problem = problemOf(parameter, values[parameter.name]);
    if (problem !== null) problems[parameter.name] = problem;
  }
  return problems;
}

const HIDDEN = "••••••••";

/** Values that may be shown and asked about: a secret that was typed stays where it was typed. */
export function withoutSecrets(parameters: readonly Parameter[], values: Values): Values {
  const hidden = parameters
    .filter(({ name, type }) => type === "secret" && typeof values[name] === "string")
    .map(({ name }) => [name, HIDDEN]);
  return { ...values, ...Object.fromEntries(hidden) };
}

type Refusal = { field: string; message: string };

/** The server's refusals by the name of the parameter, also where a variable of `spec` is refused
 * that the parameter fills; what belongs to none is under "". */
export function refusalsOf(
  violations: readonly Refusal[],
  spec: TemplateSpec = {},
): Record<string, string> {
  const env = Object.entries((spec.env ?? {}) as Record<string, unknown>);
  const nameOf = (field: string): string => {
    const own = /^parameters\.([a-z0-9_]+)/.exec(field)?.[1];
    if (own !== undefined) return own;
    const filled = env.find(([name]) => field === `env.${name}` || field === `env.${name}.secret`);
    return typeof filled?.[1] === "string" ? (wholeName(filled[1]) ?? "") : "";
  };
  return Object.fromEntries(violations.map(({ field, message }) => [nameOf(field), message]));
}
