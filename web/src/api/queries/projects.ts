/** Projects, and the secrets of each. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import { mayDo } from "../roles";
import { meQuery, NOT_KEPT } from "./system";

export type Project = Schemas["ProjectView"];
export type Secret = Schemas["SecretView"];
export type ProjectOrder = Pick<Project, "description" | "quota" | "retention">;

export const projectsQuery = () =>
  queryOptions({
    queryKey: keys.projects(),
    queryFn: ({ signal }) => unwrap(api.GET("/projects", { signal })),
  });

export const secretsQuery = (project: string) =>
  queryOptions({
    queryKey: keys.secrets(project),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/secrets", { params: { query: { project } }, signal })),
  });

export function usePutProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: ProjectOrder & { name: string }) =>
      unwrap(api.PUT("/projects/{key}", { params: { path: { key: name } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.projects() }),
  });
}

export function useDeleteProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.DELETE("/projects/{key}", { params: { path: { key: name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.projects() }),
  });
}

type Named = { project: string; name: string };

const place = ({ project, name }: Named) => ({
  params: { path: { key: name }, query: { project } },
});

export function usePutSecret() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ value, ...named }: Named & { value: string }) =>
      unwrap(api.PUT("/secrets/{key}", { ...place(named), body: { value } })),
    ...NOT_KEPT,
    onSuccess: (_, { project }) => client.invalidateQueries({ queryKey: keys.secrets(project) }),
  });
}

export function useDeleteSecret() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (named: Named) => unwrap(api.DELETE("/secrets/{key}", place(named))),
    onSuccess: (_, { project }) => client.invalidateQueries({ queryKey: keys.secrets(project) }),
  });
}

/** Names of the projects in which the caller may do `permission`; undefined: not known yet. */
export function useProjectNames(permission: string): readonly string[] | undefined {
  const { data: me } = useQuery(meQuery());
  const { data } = useQuery(projectsQuery());
  if (me === undefined || data === undefined) return undefined;
  return data.items.map(({ name }) => name).filter((name) => mayDo(me, permission, name));
}
