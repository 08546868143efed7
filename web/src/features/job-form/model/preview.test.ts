import { describe, expect, it } from "vitest";
import { beyondCli, FORMS, previewOf } from "./preview";
import { type JobSpec, specOf } from "./spec";
import { DEFAULTS, newEnvRow } from "./values";
import { toYaml } from "./yaml";

const target = { server: "http://127.0.0.1:8080", idempotencyKey: "" };
const spec: JobSpec = specOf({
  ...DEFAULTS,
  name: "it's a job",
  script: 'curl -H "Authorization: Bearer $API_TOKEN"\necho done\n',
  image: "curlimages/curl:latest",
  env: [newEnvRow("API_TOKEN", "s3cret"), newEnvRow("API_URL", "https://example.com/?a=1")],
  gpu: true,
  priority: "HIGH",
  retry: true,
});

describe("the preview", () => {
  it.each(FORMS)("as %s holds no secret value", (form) => {
    expect(previewOf(form, spec, target)).not.toContain("s3cret");
  });

  it("as YAML has the script as a block", () => {
    expect(previewOf("yaml", spec, target)).toBe(`name: "it's a job"
command:
  type: shell
  script: |
    curl -H "Authorization: Bearer $API_TOKEN"
    echo done
resources:
  cpu: 1
  memory_mb: 512
  gpus: 1
timeout_ms: 300000
image: curlimages/curl:latest
env:
  API_TOKEN:
    secret_value: "••••••••"
  API_URL: "https://example.com/?a=1"
priority: HIGH
retry: true
`);
  });

  it("as a command line quotes for the shell", () => {
    expect(previewOf("cli", { ...spec, stdin: "a" }, { ...target, idempotencyKey: "k 1" })).toBe(
      `export HODEI_URL=http://127.0.0.1:8080
printf %s a | hodei run \\
  --name 'it'\\''s a job' \\
  --image curlimages/curl:latest \\
  --secret-value API_TOKEN \\
  --env 'API_URL=https://example.com/?a=1' \\
  --cpu 1 \\
  --memory-mb 512 \\
  --gpus 1 \\
  --timeout 300000ms \\
  --priority high \\
  --retry 2 \\
  --stdin - \\
  --idempotency-key 'k 1' \\
  -- 'curl -H "Authorization: Bearer $API_TOKEN"
echo done
'
`,
    );
    expect(beyondCli(spec)).toBe(false);
  });

  it("as curl and Python takes the secret from the environment", () => {
    expect(previewOf("curl", spec, target)).toContain(`"secret_value": "'"$API_TOKEN"'"`);
    const python = previewOf("python", spec, target);
    expect(python).toContain('"secret_value": os.environ["API_TOKEN"],');
    expect(python.startsWith("import os\n")).toBe(true);
    expect(python).toContain("retry=True,");
  });
});

describe("YAML", () => {
  it.each([
    [
      { a: "yes", b: "12", c: "", d: "- x", e: "a: b", f: "x #y" },
      'a: "yes"\nb: "12"\nc: ""\nd: "- x"\ne: "a: b"\nf: "x #y"\n',
    ],
    [{ a: [], b: {}, c: null, d: true, e: 0.5 }, "a: []\nb: {}\nc: null\nd: true\ne: 0.5\n"],
    [{ a: ["x", "l1\nl2"] }, "a:\n  - x\n  - |-\n    l1\n    l2\n"],
    [{ a: "x\n\n\n" }, "a: |+\n  x\n\n\n"],
    [{ a: " x\ny" }, 'a: " x\\ny"\n'],
    [{ a: "x\r\ny" }, 'a: "x\\r\\ny"\n'],
  ])("of %j", (data, text) => {
    expect(toYaml(data)).toBe(text);
  });
});
