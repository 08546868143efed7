import { expect, it } from "vitest";
import type { Webhook } from "@/api/queries/webhooks";
import { draftOf, faultsOf, labelsOf, newHeader, orderOf, unchanged } from "./webhook";

const stored: Webhook = {
  id: "w1",
  project: "default",
  name: "chat",
  url: "https://chat.example/hook",
  events: ["job.failed", "job.retried"],
  filters: { template: null, schedule: "nightly", name: "etl-*", labels: { team: "data" } },
  headers: ["Authorization"],
  enabled: false,
  timeout_ms: 2500,
  version: 4,
  failing_since: null,
  last_delivery: null,
  waiting: 0,
  format: "json",
  created_at: "2026-11-27T00:00:00Z",
  created_by: "ann",
  updated_at: "2026-11-27T00:00:00Z",
  updated_by: "ann",
};

it("reads labels as they are written", () => {
  expect(labelsOf("team=data, env = prod,")).toEqual({ team: "data", env: "prod" });
  expect(labelsOf("query=a=b")).toEqual({ query: "a=b" });
  expect(labelsOf("")).toEqual({});
  expect(labelsOf("team")).toBeNull();
  expect(labelsOf("=data")).toBeNull();
});

it("gives a stored webhook again, its values kept", () => {
  const order = orderOf(draftOf(stored), stored.project, stored);
  expect(order).toEqual({
    project: "default",
    name: "chat",
    url: "https://chat.example/hook",
    events: ["job.failed", "job.retried"],
    filters: stored.filters,
    headers: { Authorization: null },
    enabled: false,
    timeout_ms: 2500,
    version: 4,
  });
  expect(unchanged(stored, { enabled: true })).toEqual({ ...order, enabled: true, key: "w1" });
});

it("sends a new value and a new secret", () => {
  const draft = draftOf(stored);
  const headers = draft.headers.map((row) => ({ ...row, value: "Bearer x" }));
  const order = orderOf({ ...draft, headers, secret: "s".repeat(20) }, "default", stored);
  expect(order.headers).toEqual({ Authorization: "Bearer x" });
  expect(order.secret).toBe("s".repeat(20));
});

it("says what is missing", () => {
  expect(faultsOf(draftOf(stored))).toEqual([]);
  const empty = { ...draftOf(undefined), events: [], labels: "x", timeout: "0" };
  expect(faultsOf({ ...empty, url: "ftp://x", headers: [newHeader("X-Key")] })).toEqual([
    "name",
    "url",
    "events",
    "labels",
    "headers",
    "timeout",
  ]);
});
