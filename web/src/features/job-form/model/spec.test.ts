import { describe, expect, it } from "vitest";
import type { StoredSpec } from "@/api/spec";
import { specOf, valuesOf } from "./spec";
import { DEFAULTS, type FormValues, newEnvRow, newRow, ofKind, renamed } from "./values";

const hello: FormValues = {
  ...DEFAULTS,
  name: " Hello World ",
  script: "date",
  image: "alpine:latest",
};

const stored: StoredSpec = {
  name: "nightly report",
  command: { type: "exec", argv: ["/app/report", "--day", "yester day"] },
  image: "registry.example.com/team/report:1.4",
  env: { LEVEL: "info", API_TOKEN: { secret: "report-token" }, KEY: { secret_value: null } },
  resources: { cpu: 2.5, memory_mb: 2048, storage_mb: 10, gpus: 2, architecture: "arm64" },
  timeout_ms: 900_000,
  queue_timeout_ms: 60_000,
  grace_ms: 5_000,
  preferences: { provider: "docker", region: "eu", labels: { disk: "ssd" } },
  priority: "HIGH",
  retry: {
    max_attempts: 5,
    backoff: { initial_ms: 5000, factor: 2, max_ms: 60_000, jitter: 0.1 },
    on: ["failed", "lost"],
  },
  network: "none",
  labels: { team: "data" },
  working_dir: "/work",
  stdin: "in\n",
  project: "research",
};

describe("the spec of the form", () => {
  it("leaves out what has its default", () => {
    expect(specOf(hello)).toEqual({
      name: "Hello World",
      command: { type: "shell", script: "date" },
      image: "alpine:latest",
      resources: { cpu: 1, memory_mb: 512 },
      timeout_ms: 300_000,
    });
  });

  it("gives back every field of a stored spec", () => {
    const values = valuesOf(stored);
    values.env = values.env.map((row) => (row.name === "KEY" ? { ...row, value: "again" } : row));
    expect(specOf(values)).toEqual({
      ...stored,
      env: { ...stored.env, KEY: { secret_value: "again" } },
    });
  });

  it("says Allow Retry in one word, and a policy in full", () => {
    expect(specOf({ ...hello, retry: true }).retry).toBe(true);
    expect(specOf({ ...hello, retry: true, causes: ["oom"] }).retry).toEqual({
      max_attempts: 3,
      backoff: { initial_ms: 1000, factor: 2, max_ms: 300_000, jitter: 0.1 },
      on: ["oom"],
    });
    const once = { ...stored, retry: { ...stored.retry, max_attempts: 1 } };
    expect(valuesOf(once)).toMatchObject({ retry: false, maxAttempts: "3" });
  });

  it("takes a comma for a point", () => {
    expect(specOf({ ...hello, cpu: "1,5" }).resources.cpu).toBe(1.5);
  });

  it("writes each kind of variable in its own way", () => {
    const env = [
      newEnvRow("API_URL", "https://api.example.com"),
      newEnvRow("API_TOKEN", "s3cret"),
      newEnvRow("DB", "db-url", "stored"),
    ];
    expect(specOf({ ...hello, env, labels: [newRow("team", "data")] })).toMatchObject({
      env: {
        API_URL: "https://api.example.com",
        API_TOKEN: { secret_value: "s3cret" },
        DB: { secret: "db-url" },
      },
      labels: { team: "data" },
    });
  });
});

describe("a variable", () => {
  it("is secret by its name until a person says otherwise", () => {
    const row = renamed(newEnvRow("", "v"), "API_TOKEN");
    expect(row.kind).toBe("secret");
    expect(renamed(row, "API_URL").kind).toBe("text");
    expect(renamed(ofKind(row, "text"), "DB_PASSWORD")).toMatchObject({ kind: "text", value: "v" });
  });

  it("loses its value when it becomes the name of a stored secret, and the other way round", () => {
    const row = ofKind(newEnvRow("KEY", "s3cret"), "stored");
    expect(row.value).toBe("");
    expect(ofKind({ ...row, value: "name" }, "secret").value).toBe("");
  });
});
