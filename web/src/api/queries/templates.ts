/** Templates: reading them, writing them, running them. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import type { operations } from "../schema";
import { jobsChanged } from "./jobs";

export type ParameterType = Schemas["ParameterType"];
export type ParameterValue = string | number | boolean;
/** A parameter as it is written: what says nothing may be left out. */
export type Parameter = Partial<Schemas["ParameterView"]> &
  Pick<Schemas["ParameterView"], "name" | "type">;
export type TemplateSpec = Record<string, unknown>;
export type TemplateRow = Omit<Schemas["TemplateRowView"], "parameters"> & {
  parameters: Parameter[];
};
export type Template = TemplateRow & { spec: TemplateSpec };
export type TemplateOrder = Pick<
  Template,
  "name" | "description" | "tags" | "project" | "spec" | "parameters"
>;
export type TemplateStats = Schemas["TemplateStats"];
export type Bucket = TemplateStats["trend"][number];
export type TemplateFilters = { project?: string; q?: string; tag?: string };
/** What a run says. */
export type Run = {
  parameters: Record<string, unknown>;
  version?: number;
  name?: string;
  priority?: Schemas["Priority"];
};

/** At most this many: an installation has dozens of templates, not thousands. */
const MOST = 200;

type Body<O extends keyof operations> = operations[O] extends {
  requestBody?: { content: { "application/json": infer B } };
}
  ? B
  : never;
/** The document only says that a spec is an object, which the generated type takes for an empty one. */
const stored = (order: TemplateOrder) => order as unknown as Body<"createTemplate">;
/** Values of parameters are checked by the server, each by its own type. */
const given = (run: Run) => run as Body<"runTemplate">;

const at = (key: string) => ({ path: { key } });

export const templatesQuery = (filters: TemplateFilters = {}) =>
  queryOptions({
    queryKey: keys.templates.list(filters),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/templates", { params: { query: { ...filters, limit: MOST } }, signal })),
  });

export const templateQuery = (key: string, version?: number) =>
  queryOptions({
    queryKey: keys.templates.one(key, version),
    queryFn: ({ signal }): Promise<Template> =>
      unwrap(
        api.GET("/templates/{key}", {
          params: { ...at(key), query: version === undefined ? {} : { version } },
          signal,
        }),
      ),
  });

export const templateVersionsQuery = (key: string) =>
  queryOptions({
    queryKey: keys.templates.versions(key),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/templates/{key}/versions", {
          params: { ...at(key), query: { limit: MOST } },
          signal,
        }),
      ),
  });

export const templateStatsQuery = (key: string, from: string) =>
  queryOptions({
    queryKey: keys.templates.stats(key, from),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/templates/{key}/stats", { params: { ...at(key), query: { from } }, signal }),
      ),
    staleTime: 15_000,
  });

/** The spec that a run with these parameters would have; refused as the run would be. */
export const renderQuery = (key: string, run: Pick<Run, "parameters" | "version">) =>
  queryOptions({
    queryKey: keys.templates.render(key, run),
    queryFn: ({ signal }) =>
      unwrap(
        api.POST("/templates/{key}:render", {
          params: at(key),
          body: given(run),
          signal,
        }),
      ),
    retry: false,
    gcTime: 0,
  });

function useChange<V, T>(mutationFn: (given: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.templates.all() }),
  });
}

export const useCreateTemplate = () =>
  useChange((order: TemplateOrder) => unwrap(api.POST("/templates", { body: stored(order) })));

export const useChangeTemplate = () =>
  useChange(({ key, version, ...order }: TemplateOrder & { key: string; version: number }) =>
    unwrap(api.PUT("/templates/{key}", { params: at(key), body: { ...stored(order), version } })),
  );

export const useDeleteTemplate = () =>
  useChange((key: string) => unwrap(api.DELETE("/templates/{key}", { params: at(key) })));

export const useImportTemplate = () =>
  useChange(({ text, project }: { text: string; project: string }) =>
    unwrap(
      api.POST("/templates:import", {
        params: { query: { project } },
        // The document describes what the text says; it is sent as it was written.
        body: text as unknown as Body<"importTemplate">,
        bodySerializer: (body) => body as unknown as string,
        headers: { "Content-Type": "application/yaml" },
      }),
    ),
  );

export const useSaveAsTemplate = () =>
  useChange(({ jobId, name }: { jobId: string; name: string }) =>
    unwrap(api.POST("/jobs/{key}:save-as-template", { params: at(jobId), body: { name } })),
  );

export function useRunTemplate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, idempotencyKey, ...run }: Run & { key: string; idempotencyKey: string }) =>
      unwrap(
        api.POST("/templates/{key}:run", {
          params: { ...at(key), header: { "Idempotency-Key": idempotencyKey } },
          body: given(run),
        }),
      ),
    onSuccess: () => {
      jobsChanged(client);
      void client.invalidateQueries({ queryKey: keys.templates.all() });
    },
  });
}

/** Where a template can be had as YAML. */
export const exportAddress = (key: string, version?: number): string =>
  `/api/v1/templates/${encodeURIComponent(key)}/export${version === undefined ? "" : `?version=${version}`}`;
