/** Pieces of search-parameter schemas: what a bad value in an address falls back to. */
import * as z from "zod/mini";

/** A text of at most `limit` characters, or nothing. */
export const text = (limit = 200) =>
  z.catch(z.optional(z.string().check(z.maxLength(limit))), undefined);

/** One of `values`, or nothing. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.catch(z.optional(z.enum(values)), undefined);

/** A whole number from `low` to `high`, or nothing. */
export const whole = (low: number, high: number) =>
  z.catch(z.optional(z.coerce.number().check(z.int(), z.gte(low), z.lte(high))), undefined);

/** A switch that stands in the address as 1, or not at all. */
export const flag = () => z.catch(z.optional(z.literal(1)), undefined);
