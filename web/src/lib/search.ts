/** What search parameters of an address may be, and what becomes of those that are not. */

/** Makes something of a value of an address; undefined: it is not there, or is no good. */
type Reader<T> = (value: unknown) => T | undefined;

/** A text of at most `limit` characters, or nothing. */
export const text =
  (limit = 200): Reader<string> =>
  (value) =>
    typeof value === "string" && value.length <= limit ? value : undefined;

/** One of `values`, or nothing. */
export const oneOf =
  <const T extends readonly [string, ...string[]]>(values: T): Reader<T[number]> =>
  (value) =>
    values.find((one) => one === value);

/** A whole number from `low` to `high`, or nothing. */
export const whole =
  (low: number, high: number): Reader<number> =>
  (value) => {
    const number = typeof value === "string" || typeof value === "number" ? +value : Number.NaN;
    return Number.isInteger(number) && number >= low && number <= high ? number : undefined;
  };

/** A switch that stands in the address as 1, or not at all. */
export const flag = (): Reader<1> => (value) => (value === 1 ? 1 : undefined);

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Found<T extends Readers> = { [K in keyof T]?: ReturnType<T[K]> };

/** What the router reads an address with. */
export type Schema<T> = { readonly parse: (search: Record<string, unknown>) => T };

/** The type of what a schema finds in an address. */
export type SearchOf<S extends Schema<unknown>> = ReturnType<S["parse"]>;

/** Takes the parameters that are named and good; all others are left out. */
export const schema = <const T extends Readers>(readers: T): Schema<Found<T>> => ({
  parse(search) {
    const found: Found<T> = {};
    for (const name in readers) {
      const value = readers[name]?.(search[name]);
      if (value !== undefined) found[name] = value as ReturnType<T[typeof name]>;
    }
    return found;
  },
});
