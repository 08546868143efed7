/** Limits as typed: an empty field is no limit, anything else a number of its kind. */

/** Null: no limit; undefined: not a number that can be one. */
export function limitOf(typed: string, whole: boolean): number | null | undefined {
  const text = typed.trim().replace(",", ".");
  if (text === "") return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || (whole && !Number.isInteger(value))) return undefined;
  return value;
}

export const typedOf = (limit: number | null): string => (limit === null ? "" : String(limit));
