/** What the server said about single fields of a form. */
import { ApiError } from "@/api/problem";

/** The server's own rule, said before it has to. */
export const LEAST_PASSWORD = 12;

/** The words about a field, whichever part of it they are about. */
export const useViolations =
  (error: unknown) =>
  (field: string): string | undefined =>
    error instanceof ApiError
      ? error.violations.find((one) => one.field === field || one.field.endsWith(`.${field}`))
          ?.message
      : undefined;
