/** Webhooks: who is told of what happens to jobs, and each message that was sent. */
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import type { paths } from "../schema";
import { NOT_KEPT } from "./system";

export type Webhook = Schemas["WebhookView"];
export type WebhookEvent = Webhook["events"][number];
export type Filters = Webhook["filters"];
export type Delivery = Schemas["DeliveryView"];
export type DeliveryState = Delivery["state"];
export type Attempt = Schemas["DeliveryAttempt"];
export type WebhookOrder = paths["/webhooks"]["post"]["requestBody"]["content"]["application/json"];

export const EVENTS = [
  "job.submitted",
  "job.started",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
  "job.timeout",
  "job.retried",
] as const satisfies WebhookEvent[];

export const DELIVERY_STATES = [
  "pending",
  "failed",
  "delivered",
  "dead",
] as const satisfies DeliveryState[];

const PAGE = 50;

export const webhooksQuery = (project: string) =>
  queryOptions({
    queryKey: keys.webhooks.list(project),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/webhooks", { params: { query: { project } }, signal })),
  });

export const webhookQuery = (key: string) =>
  queryOptions({
    queryKey: keys.webhooks.one(key),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/webhooks/{key}", { params: { path: { key } }, signal })),
  });

export const deliveriesQuery = (key: string, state: DeliveryState | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.webhooks.deliveries(key, state),
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(state !== undefined && { state }),
        ...(pageParam !== null && { cursor: pageParam }),
      };
      return unwrap(
        api.GET("/webhooks/{key}/deliveries", { params: { path: { key }, query }, signal }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: Schemas["DeliveryPage"]) => page.next_cursor,
  });

/** One delivery with what was sent. */
export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: keys.webhooks.delivery(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/deliveries/{key}", { params: { path: { key: id } }, signal })),
  });

/** A change after which all webhooks are read again. */
function useChange<V, R>(change: (given: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    ...NOT_KEPT,
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.webhooks.all() }),
  });
}

export const useCreateWebhook = () =>
  useChange((body: WebhookOrder) => unwrap(api.POST("/webhooks", { body })));

export const useUpdateWebhook = () =>
  useChange(({ key, ...body }: WebhookOrder & { key: string }) =>
    unwrap(api.PUT("/webhooks/{key}", { params: { path: { key } }, body })),
  );

export const useDeleteWebhook = () =>
  useChange(async (key: string) => {
    await unwrap(api.DELETE("/webhooks/{key}", { params: { path: { key } } }));
  });

export const useTestWebhook = () =>
  useChange((key: string) =>
    unwrap(api.POST("/webhooks/{key}:test", { params: { path: { key } } })),
  );

export const useRedeliver = () =>
  useChange((id: string) =>
    unwrap(api.POST("/deliveries/{key}:redeliver", { params: { path: { key: id } } })),
  );
