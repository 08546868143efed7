/** Puts what the server refused beside the field that it is about. */
import type { Draft, Group } from "./draft";
import { entryPath, type Issue, pathTo } from "./read";
import type { Field } from "./schema";

type Violation = { field: string; message: string };

/** The paths of a draft's controls: as the server writes them, and as the form does. */
export function controlPaths(fields: readonly Field[], group: Group): Map<string, string> {
  const paths = new Map<string, string>();
  walkGroup(fields, group, "", "", paths);
  return paths;
}

function walkGroup(
  fields: readonly Field[],
  group: Group,
  server: string,
  own: string,
  paths: Map<string, string>,
): void {
  for (const field of fields) {
    const draft = group.values[field.name];
    if (draft !== undefined) {
      walk(field, draft, pathTo(server, field.name), pathTo(own, field.name), paths);
    }
  }
}

function walk(
  field: Field,
  draft: Draft,
  server: string,
  own: string,
  paths: Map<string, string>,
): void {
  paths.set(server, own);
  if (typeof draft !== "object") return;
  if (draft.kind === "stored") {
    if (draft.choice === "replace") walk(field, draft.value, server, own, paths);
  } else if (draft.kind === "group") {
    if (field.kind === "group" && draft.on) walkGroup(field.fields, draft, server, own, paths);
  } else if (field.kind === "list") {
    draft.rows.forEach((row, index) => {
      walk(field.item, row.value, `${server}[${index}]`, `${own}[${index}]`, paths);
    });
  } else if (field.kind === "map") {
    draft.rows.forEach((row, index) => {
      const at = `${entryPath(own, index)}.value`;
      walk(field.item, row.value, `${server}.${row.key.trim()}`, at, paths);
    });
  }
}

/** One issue per violation, at the nearest control; path "" when none is near. */
export function issuesFrom(
  violations: readonly Violation[],
  paths: ReadonlyMap<string, string>,
): Issue[] {
  return violations.map(({ field, message }) => ({
    path: nearest(field, paths),
    code: "server",
    params: { message },
  }));
}

function nearest(path: string, paths: ReadonlyMap<string, string>): string {
  let place = path;
  while (place !== "") {
    const found = paths.get(place);
    if (found !== undefined) return found;
    place = place.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, "");
  }
  return "";
}
