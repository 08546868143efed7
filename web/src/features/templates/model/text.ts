/** A template as text: the YAML that its page shows and that versions are compared by. */
import type { Parameter, Template } from "@/api/queries/templates";
import { toYaml } from "@/features/job-form";

type Shown = Pick<Template, "name" | "description" | "tags" | "parameters" | "spec">;
type Data = Parameters<typeof toYaml>[0];

/** Without what is not said: a parameter's limits that it does not have, an empty description. */
function said(parameter: Parameter): Record<string, unknown> {
  const entries = Object.entries(parameter).filter(
    ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}

export function textOf({ name, description, tags, parameters, spec }: Shown): string {
  return toYaml({
    name,
    ...(description !== "" && { description }),
    ...(tags.length > 0 && { tags }),
    parameters: parameters.map(said),
    spec,
  } as unknown as Data);
}
