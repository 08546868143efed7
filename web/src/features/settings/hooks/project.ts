/** Which project a section of the settings is about: the one of the address, else the usual one. */
import { getRouteApi } from "@tanstack/react-router";

const route = getRouteApi("/shell/settings/$section");

export function useProjectOf(projects: readonly string[]): string | undefined {
  const { project: asked } = route.useSearch();
  return (
    projects.find((one) => one === asked) ??
    projects.find((one) => one === "default") ??
    projects[0]
  );
}
