/** A webhook as its form holds it, and the order that it makes. */
import {
  EVENTS,
  type Filters,
  type Webhook,
  type WebhookEvent,
  type WebhookOrder,
} from "@/api/queries/webhooks";

export type HeaderRow = {
  id: number;
  name: string;
  value: string;
  /** A value is stored already: an empty field keeps it. */
  kept: boolean;
};

export type WebhookDraft = {
  name: string;
  url: string;
  events: readonly WebhookEvent[];
  jobName: string;
  labels: string;
  template: string;
  schedule: string;
  headers: readonly HeaderRow[];
  secret: string;
  timeout: string;
};

/** What people want to hear of first. */
const USUAL: readonly WebhookEvent[] = ["job.failed", "job.timeout"];
const SECONDS = 1000;

let rows = 0;
export const newHeader = (name = "", kept = false): HeaderRow => {
  rows += 1;
  return { id: rows, name, value: "", kept };
};

const labelText = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");

export const draftOf = (webhook: Webhook | undefined): WebhookDraft => ({
  name: webhook?.name ?? "",
  url: webhook?.url ?? "",
  events: webhook?.events ?? USUAL,
  jobName: webhook?.filters.name ?? "",
  labels: labelText(webhook?.filters.labels ?? {}),
  template: webhook?.filters.template ?? "",
  schedule: webhook?.filters.schedule ?? "",
  headers: (webhook?.headers ?? []).map((name) => newHeader(name, true)),
  secret: "",
  timeout: String((webhook?.timeout_ms ?? 10_000) / SECONDS),
});

/** "team=data, env=prod"; null when a part is not NAME=VALUE. */
export function labelsOf(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") continue;
    const at = part.indexOf("=");
    if (at < 1) return null;
    labels[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return labels;
}

export type WebhookFault = { field: "name" | "url" | "events" | "labels" | "headers" | "timeout" };

export function faultsOf(draft: WebhookDraft): WebhookFault["field"][] {
  const faults: WebhookFault["field"][] = [];
  if (draft.name.trim() === "") faults.push("name");
  if (!/^https?:\/\/[^\s/]+/.test(draft.url.trim())) faults.push("url");
  if (draft.events.length === 0) faults.push("events");
  if (labelsOf(draft.labels) === null) faults.push("labels");
  if (draft.headers.some(({ name, value, kept }) => name.trim() === "" || !(value || kept))) {
    faults.push("headers");
  }
  if (!(Number(draft.timeout.replace(",", ".")) > 0)) faults.push("timeout");
  return faults;
}

const orNull = (text: string): string | null => text.trim() || null;

/** The order of a draft without faults. */
export function orderOf(
  draft: WebhookDraft,
  project: string,
  existing: Webhook | undefined,
): WebhookOrder {
  const filters: Filters = {
    template: orNull(draft.template),
    schedule: orNull(draft.schedule),
    name: orNull(draft.jobName),
    labels: labelsOf(draft.labels) ?? {},
  };
  const secret = draft.secret.trim();
  return {
    project,
    name: draft.name.trim(),
    url: draft.url.trim(),
    events: EVENTS.filter((event) => draft.events.includes(event)),
    filters,
    headers: Object.fromEntries(
      draft.headers.map(({ name, value, kept }) => [
        name.trim(),
        value === "" && kept ? null : value,
      ]),
    ),
    enabled: existing?.enabled ?? true,
    timeout_ms: Math.round(Number(draft.timeout.replace(",", ".")) * SECONDS),
    ...(secret !== "" && { secret }),
    ...(existing !== undefined && { version: existing.version }),
  };
}

/** The order that changes nothing but what `change` says. */
export const unchanged = (
  webhook: Webhook,
  change: Partial<WebhookOrder>,
): WebhookOrder & { key: string } => ({
  ...orderOf(draftOf(webhook), webhook.project, webhook),
  ...change,
  key: webhook.id,
});
