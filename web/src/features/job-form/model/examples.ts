/** The guide's four examples, ready to be changed. */
import { DEFAULTS, type FormValues, newEnvRow } from "./values";

export const EXAMPLES = ["hello", "python", "env", "long"] as const;
export type Example = (typeof EXAMPLES)[number];

export const isExample = (name: string | undefined): name is Example =>
  EXAMPLES.some((one) => one === name);

/** An example; without its image where no provider runs images. */
export function exampleOf(name: Example, images: boolean): FormValues {
  const values = { ...DEFAULTS, ...CHANGES[name]() };
  return images ? values : { ...values, image: "" };
}

const CHANGES: Record<Example, () => Partial<FormValues>> = {
  hello: () => ({
    name: "Hello World",
    script: 'echo "Hello from Hodei!" && date',
    image: "alpine:latest",
  }),
  python: () => ({
    name: "Python Data Processing",
    type: "python",
    script: [
      "import sys",
      'print("Processing data...")',
      "for i in range(5):",
      '    print(f"Step {i+1}/5 completed")',
      'print("Done!")',
      "",
    ].join("\n"),
    image: "python:3.11-slim",
    memoryMb: "1024",
  }),
  env: () => ({
    name: "API Data Fetch",
    script: 'curl -H "Authorization: Bearer $API_TOKEN" $API_URL',
    image: "curlimages/curl:latest",
    env: [newEnvRow("API_TOKEN"), newEnvRow("API_URL", "https://api.example.com/data")],
  }),
  long: () => ({
    name: "Long Running Task",
    script: [
      "for i in $(seq 1 60); do",
      '  echo "[$(date)] Processing batch $i/60..."',
      "  sleep 1",
      "done",
      'echo "All batches completed!"',
      "",
    ].join("\n"),
    image: "alpine:latest",
    timeoutMs: "120000",
  }),
};
