/** What the server said about single fields. */
import { ApiError } from "@/api/problem";

/** The server's own rule, said before it has to. */
export const LEAST_PASSWORD = 12;

/** The words about a field, by its name. */
export const violationOf =
  (error: unknown) =>
  (field: string): string | undefined =>
    error instanceof ApiError
      ? error.violations.find((one) => one.field === field)?.message
      : undefined;
