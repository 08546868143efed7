/** The configuration of a provider: its type's settings and what every provider has. */
import type { Provider } from "@/api/queries/providers";
import type { paths } from "@/api/schema";
import { type Group, groupOf } from "./draft";
import { type Issue, Reading } from "./read";
import { type Field, fieldsOf, type JsonSchema } from "./schema";

export type Body = paths["/providers:test"]["post"]["requestBody"]["content"]["application/json"];

/** What the words of a type's own fields begin with. */
export const SETTINGS = "settings";

const NAME: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 63,
  pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
};

const IDENTITY: JsonSchema = {
  required: ["name"],
  properties: {
    name: NAME,
    region: { type: ["string", "null"], maxLength: 63, pattern: "^[a-zA-Z0-9][a-zA-Z0-9._-]*$" },
  },
};

const PLACE: JsonSchema = {
  properties: {
    labels: {
      type: "object",
      maxProperties: 64,
      propertyNames: { pattern: "^[a-zA-Z0-9._/-]{1,63}$" },
      additionalProperties: { type: "string", maxLength: 255 },
    },
    max_workers: { type: ["integer", "null"], minimum: 1, maximum: 10_000 },
    idle_timeout_ms: {
      type: "integer",
      minimum: 0,
      maximum: 86_400_000,
      default: 300_000,
      "x-scale": 1000,
      "x-unit": "s",
    },
  },
};

const memory = (high: number) => ({
  type: "integer",
  minimum: 16,
  maximum: high,
  "x-unit": "MiB",
});

const WARM: JsonSchema = {
  properties: {
    warm: {
      type: "array",
      maxItems: 256,
      items: {
        type: "object",
        required: ["size"],
        properties: {
          size: { type: "integer", minimum: 0, maximum: 256 },
          image: { type: ["string", "null"], maxLength: 512 },
          cpu: { type: "number", minimum: 0.1, maximum: 16, default: 1 },
          memory_mb: { ...memory(1_048_576), default: 512 },
          network: { type: "string", enum: ["default", "none"], default: "default" },
        },
      },
    },
    warm_learned: {
      type: ["object", "null"],
      required: ["budget_cpu", "budget_memory_mb"],
      properties: {
        budget_cpu: { type: "number", minimum: 0.1, maximum: 1024 },
        budget_memory_mb: memory(67_108_864),
        max_workers: { type: "integer", minimum: 1, maximum: 256, default: 8 },
      },
    },
  },
};

/** The sections of the form; their fields are those of the request. */
export type Form = {
  identity: Field[];
  settings: Field[];
  place: Field[];
  warm: Field[];
  all: Field[];
};

/** The form of a type, by its settings' schema. */
export function formOf(type: string, schema: JsonSchema): Form {
  const identity = fieldsOf(IDENTITY);
  const place = fieldsOf(PLACE);
  const warm = fieldsOf(WARM);
  const settings = fieldsOf(schema, SETTINGS);
  const whole: Field = {
    kind: "group",
    name: "settings",
    words: "",
    title: type,
    description: "",
    required: true,
    hidden: false,
    optional: false,
    fields: settings,
  };
  return { identity, settings, place, warm, all: [...identity, whole, ...place, ...warm] };
}

/** What the form begins with: a provider's configuration, or an empty one of that name. */
export function draftOfConfig(form: Form, provider: Provider | { name: string }): Group {
  const stored =
    "secrets_set" in provider ? provider.secrets_set.map((path) => `settings.${path}`) : [];
  return groupOf(form.all, provider, stored);
}

/** The request, or what is wrong. */
export function readConfig(
  form: Form,
  type: string,
  draft: Group,
): { body: Body; issues: readonly Issue[] } {
  const reading = new Reading();
  const read = reading.group(form.all, draft, "");
  return { body: { settings: {}, ...read, type } as unknown as Body, issues: reading.issues };
}

/** Whether a hidden value of the server takes part: a test of this draft would not have it. */
export function keepsSecrets(draft: Group): boolean {
  return Object.values(draft.values).some((value) => {
    if (typeof value !== "object") return false;
    if (value.kind === "stored") return value.choice === "keep";
    return value.kind === "group" && value.on && keepsSecrets(value);
  });
}
