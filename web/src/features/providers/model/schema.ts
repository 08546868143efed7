/** What a form needs to know of a JSON Schema (2020-12): one description per field. */

export type JsonSchema = { readonly [key: string]: unknown };

type Common = {
  /** Its name in the object that holds it; empty for an entry of a list or map. */
  name: string;
  /** Where its words are, apart from the ones of the schema: "tls_ca". */
  words: string;
  title: string;
  description: string;
  required: boolean;
  /** Its value goes in and never comes out. */
  hidden: boolean;
};

export type TextField = Common & {
  kind: "text";
  fallback: string;
  pattern: string | null;
  least: number;
  most: number;
};
export type NumberField = Common & {
  kind: "number";
  /** As it is typed: already divided by `scale`. */
  fallback: string;
  whole: boolean;
  low: number;
  high: number;
  /** Whether `low` itself is too little. */
  above: boolean;
  unit: string;
  /** What one of the unit is in the value that is sent: 1000 for seconds sent as ms. */
  scale: number;
};
export type FlagField = Common & { kind: "flag"; fallback: boolean };
export type ChoiceField = Common & { kind: "choice"; fallback: string; options: string[] };
export type ListField = Common & {
  kind: "list";
  item: Field;
  most: number;
  unique: boolean;
  fallback: readonly unknown[];
};
export type MapField = Common & {
  kind: "map";
  item: Field;
  most: number;
  keyPattern: string | null;
};
export type GroupField = Common & {
  kind: "group";
  fields: Field[];
  /** Whether it is left out as a whole, as long as nobody asks for it. */
  optional: boolean;
};
/** What no form can show: it is written as JSON. */
export type JsonField = Common & { kind: "json"; fallback: unknown };

export type Field =
  | TextField
  | NumberField
  | FlagField
  | ChoiceField
  | ListField
  | MapField
  | GroupField
  | JsonField;

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown, fallback: number): number =>
  typeof value === "number" ? value : fallback;

/** The schema's type without null, which only says that it may be left out. */
function typeOf(schema: JsonSchema): { type: string; nullable: boolean } {
  const types = Array.isArray(schema.type) ? schema.type.map(String) : [text(schema.type)];
  const plain = types.filter((type) => type !== "null");
  return { type: plain.length === 1 ? (plain[0] ?? "") : "", nullable: types.includes("null") };
}

/** The fields of an object's schema, in its order. */
export function fieldsOf(schema: JsonSchema, words = ""): Field[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties)
    .filter((entry): entry is [string, JsonSchema] => isObject(entry[1]))
    .map(([name, inner]) => fieldOf(name, inner, words, required.includes(name)));
}

function fieldOf(name: string, schema: JsonSchema, outer: string, required: boolean): Field {
  const common: Common = {
    name,
    words: [outer, name].filter((part) => part !== "").join("_"),
    title: text(schema.title) || name,
    description: text(schema.description),
    required,
    hidden: schema.writeOnly === true,
  };
  const { type, nullable } = typeOf(schema);
  if (Array.isArray(schema.enum) && schema.enum.every((one) => typeof one === "string")) {
    const options = schema.enum as string[];
    return { ...common, kind: "choice", options, fallback: text(schema.default) };
  }
  switch (type) {
    case "string":
      return textField(common, schema);
    case "integer":
    case "number":
      return numberField(common, schema, type === "integer");
    case "boolean":
      return { ...common, kind: "flag", fallback: schema.default === true };
    case "array":
      return listField(common, schema);
    case "object":
      return objectField(common, schema, nullable);
    default:
      return { ...common, kind: "json", fallback: schema.default };
  }
}

const textField = (common: Common, schema: JsonSchema): TextField => ({
  ...common,
  kind: "text",
  fallback: text(schema.default),
  pattern: text(schema.pattern) || null,
  least: number(schema.minLength, 0),
  most: number(schema.maxLength, 10_000),
});

function numberField(common: Common, schema: JsonSchema, whole: boolean): NumberField {
  const scale = number(schema["x-scale"], 1);
  const above = typeof schema.exclusiveMinimum === "number";
  const low = number(above ? schema.exclusiveMinimum : schema.minimum, Number.NEGATIVE_INFINITY);
  return {
    ...common,
    kind: "number",
    whole,
    above,
    scale,
    unit: text(schema["x-unit"]),
    low: low / scale,
    high: number(schema.maximum, Number.POSITIVE_INFINITY) / scale,
    fallback: typeof schema.default === "number" ? String(schema.default / scale) : "",
  };
}

function listField(common: Common, schema: JsonSchema): Field {
  if (!isObject(schema.items)) return { ...common, kind: "json", fallback: schema.default };
  return {
    ...common,
    kind: "list",
    item: fieldOf("", schema.items, common.words, true),
    most: number(schema.maxItems, 1000),
    unique: schema.uniqueItems === true,
    fallback: Array.isArray(schema.default) ? schema.default : [],
  };
}

function objectField(common: Common, schema: JsonSchema, nullable: boolean): Field {
  if (isObject(schema.properties)) {
    const optional = nullable || !common.required;
    return { ...common, kind: "group", optional, fields: fieldsOf(schema, common.words) };
  }
  if (!isObject(schema.additionalProperties)) {
    return { ...common, kind: "json", fallback: schema.default };
  }
  const names = isObject(schema.propertyNames) ? schema.propertyNames : {};
  return {
    ...common,
    kind: "map",
    item: fieldOf("", schema.additionalProperties, common.words, true),
    most: number(schema.maxProperties, 1000),
    keyPattern: text(names.pattern) || null,
  };
}
