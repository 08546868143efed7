/** Inbound triggers of a template: addresses that other systems call. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";

export type Trigger = Schemas["TriggerView"];
export type NewTrigger = Schemas["NewTrigger"];
/** Where a parameter comes from, as the server shows it: a value where `pointer` is null. */
export type Source = Schemas["TriggerParameter"];
export type SourceOrder = { pointer: string } | { value: unknown };
type TriggerOrder = { name: string; parameters: Record<string, SourceOrder> };

export const triggersQuery = (key: string) =>
  queryOptions({
    queryKey: keys.templates.triggers(key),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/templates/{key}/triggers", { params: { path: { key } }, signal })),
  });

export function useCreateTrigger(key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TriggerOrder) =>
      unwrap(api.POST("/templates/{key}/triggers", { params: { path: { key } }, body })),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.templates.triggers(key) }),
  });
}

export function useDeleteTrigger(key: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (trigger: string) =>
      unwrap(
        api.DELETE("/templates/{key}/triggers/{trigger}", { params: { path: { key, trigger } } }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.templates.triggers(key) }),
  });
}
