/** Keeps what was typed across reloads, in this browser, without secret values. */
import { COMMAND_TYPES, DEFAULTS, type EnvRow, type FormValues, rowId } from "./values";

const PREFIX = "hodei.draft.job";
const VERSION = 1;
const MOST_CHARACTERS = 1_000_000;

type Saved = { version: number; at: number; values: FormValues };
export type Draft = {
  at: number;
  values: FormValues /** Whether secrets are missing. */;
  secrets: boolean;
};

/** Where a draft is kept: one for new jobs, one per job that is being copied. */
export const draftKey = (from: string | undefined): string =>
  from === undefined ? PREFIX : `${PREFIX}.${from}`;

/** Saves `values`; a full or forbidden storage loses the draft and nothing else. */
export function saveDraft(storage: Storage, key: string, values: FormValues, now: number): void {
  const saved: Saved = { version: VERSION, at: now, values: withoutSecrets(values) };
  const text = JSON.stringify(saved);
  try {
    if (text.length > MOST_CHARACTERS) storage.removeItem(key);
    else storage.setItem(key, text);
  } catch {
    // The form works without it.
  }
}

/** The draft under `key`, if it is one of this version. */
export function loadDraft(storage: Storage, key: string): Draft | null {
  try {
    const saved = JSON.parse(storage.getItem(key) ?? "null") as Partial<Saved> | null;
    if (saved?.version !== VERSION || typeof saved.at !== "number") return null;
    const values = restored(saved.values);
    if (values === null) return null;
    return { at: saved.at, values, secrets: values.env.some((row) => row.kind === "secret") };
  } catch {
    return null;
  }
}

/** Forgets the draft under `key`. */
export function dropDraft(storage: Storage, key: string): void {
  try {
    storage.removeItem(key);
  } catch {
    // There is none.
  }
}

/** Whether anything was typed that is worth keeping. */
export const worthKeeping = (values: FormValues): boolean =>
  JSON.stringify(values) !== JSON.stringify(DEFAULTS);

function withoutSecrets(values: FormValues): FormValues {
  const blank = (row: EnvRow) => (row.kind === "secret" ? { ...row, value: "" } : row);
  return { ...values, env: values.env.map(blank) };
}

/** What was stored, made whole: a field of another type than today's takes its default. */
function restored(stored: unknown): FormValues | null {
  if (typeof stored !== "object" || stored === null) return null;
  const given = stored as Record<string, unknown>;
  const entries = Object.entries(DEFAULTS).map(([name, usual]) => {
    const value = given[name];
    const alike = typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
    return [name, alike ? value : usual];
  });
  const values = Object.fromEntries(entries) as FormValues;
  if (!COMMAND_TYPES.includes(values.type)) return null;
  const fresh = <R extends { id: string }>(rows: R[]): R[] =>
    rows.map((row) => ({ ...row, id: rowId() }));
  return {
    ...values,
    env: fresh(values.env),
    labels: fresh(values.labels),
    providerLabels: fresh(values.providerLabels),
  };
}
