/** A first suggestion for a provider's name. */

/** `type`, or `type-2`, `type-3`, ... when that is taken. */
export function freeName(type: string, taken: readonly string[]): string {
  const base = type.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
