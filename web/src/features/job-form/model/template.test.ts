import { describe, expect, it } from "vitest";
import { templateIssuesOf, templateSpecOf, templateValuesOf, usedNames } from "./template";
import { DEFAULTS, type FormValues, newEnvRow, newRow } from "./values";

const values: FormValues = {
  ...DEFAULTS,
  name: "backup {{ db }}",
  script: "pg_dump {{ db }}",
  image: "postgres:{{ tag }}",
  cpu: "{{ cpu }}",
  storageMb: "{{disk}}",
  queueTimeoutMs: "{{ wait }}",
  gpu: true,
  gpus: "{{ gpus }}",
  retry: true,
  maxAttempts: "{{ attempts }}",
  priority: "{{ urgency }}" as FormValues["priority"],
  workingDir: "{{ dir }}",
  env: [newEnvRow("API_TOKEN", "{{ token }}"), newEnvRow("MODE", "x-{{ mode }}", "text")],
  labels: [newRow("team", "{{ team }}")],
};
const NAMES = [
  ...["db", "tag", "cpu", "disk", "wait", "gpus", "attempts", "urgency", "dir", "token", "mode"],
  "team",
];

describe("a template's spec", () => {
  it("holds a number as a number and a parameter as its placeholder", () => {
    const spec = templateSpecOf(values);
    expect(spec).toMatchObject({
      name: "backup {{ db }}",
      image: "postgres:{{ tag }}",
      resources: { cpu: "{{ cpu }}", memory_mb: 512, storage_mb: "{{disk}}", gpus: "{{ gpus }}" },
      queue_timeout_ms: "{{ wait }}",
      timeout_ms: 300_000,
      priority: "{{ urgency }}",
      retry: { max_attempts: "{{ attempts }}", backoff: { initial_ms: 1000 } },
      working_dir: "{{ dir }}",
    });
    expect(spec).not.toHaveProperty("project");
  });

  it("holds a secret parameter in the open: it is only its name", () => {
    expect(templateSpecOf(values).env).toEqual({ API_TOKEN: "{{ token }}", MODE: "x-{{ mode }}" });
  });

  it("keeps a placeholder of a command line in one word", () => {
    const spec = templateSpecOf({
      ...DEFAULTS,
      type: "exec",
      argv: "cp {{ from }} /to/{{ name }}",
    });
    expect(spec.command).toEqual({ type: "exec", argv: ["cp", "{{from}}", "/to/{{name}}"] });
  });

  it("leaves the name to the template", () => {
    expect(templateSpecOf(DEFAULTS)).not.toHaveProperty("name");
  });

  it("comes back as it was", () => {
    const spec = templateSpecOf(values);
    const again = templateValuesOf(spec);
    expect(templateSpecOf(again)).toEqual(spec);
    expect(again).toMatchObject({ cpu: "{{ cpu }}", gpu: true, gpus: "{{ gpus }}", retry: true });
  });

  it("may leave out everything that has a default", () => {
    const command = { type: "shell", script: "true" };
    expect(templateValuesOf({ command })).toEqual({ ...DEFAULTS, script: "true" });
    expect(templateValuesOf({ command, retry: true })).toMatchObject({
      retry: true,
      maxAttempts: "3",
    });
    expect(templateValuesOf({ command, retry: false }).retry).toBe(false);
    expect(templateValuesOf({ command: "true" }).script).toBe("true");
  });
});

describe("what is wrong with a template", () => {
  it("is nothing where every placeholder is a parameter", () => {
    expect(templateIssuesOf(values, NAMES)).toEqual([]);
    expect([...usedNames(values)].sort()).toEqual([...NAMES].sort());
  });

  it("is a placeholder that is no parameter, beside its field", () => {
    const issues = templateIssuesOf(
      values,
      NAMES.filter((name) => !["cpu", "mode"].includes(name)),
    );
    const [, mode] = values.env;
    expect(issues).toEqual([
      { field: "cpu", code: "parameter", params: { name: "cpu" } },
      { field: `env.${mode?.id}.value`, code: "parameter", params: { name: "mode" } },
    ]);
  });

  it("is what is wrong with a job, and a number that is only in part a parameter", () => {
    const wrong = { ...values, memoryMb: "1{{ db }}", timeoutMs: "0", image: "A:{{ tag }}" };
    const fields = templateIssuesOf(wrong, NAMES).map(({ field }) => field);
    expect(fields).toEqual(["image", "memoryMb", "timeoutMs"]);
    expect(templateIssuesOf({ ...DEFAULTS, script: "" }, [])).toEqual([
      { field: "script", code: "required" },
    ]);
  });

  it("is not asked of fields that are not shown", () => {
    const hidden = { ...DEFAULTS, script: "x", gpus: "{{ no }}", maxAttempts: "{{ no }}" };
    expect(templateIssuesOf(hidden, [])).toEqual([]);
  });
});
