/** What goes wrong when the server is asked, as one typed error. */
import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
export type Violation = Problem["violations"][number];

/** An answer that is an error, or no answer at all (`code` "network", status 0). */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly violations: readonly Violation[];
  readonly correlationId: string;
  /** Seconds after which the server wants to be asked again; 0 when it says nothing. */
  readonly retryAfter: number;

  constructor(problem: Partial<Problem>, status: number, correlationId: string, retryAfter = 0) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.name = "ApiError";
    this.code = problem.code ?? (status >= 500 ? "internal" : "unknown");
    this.status = status;
    this.violations = problem.violations ?? [];
    this.correlationId = problem.correlation_id ?? correlationId;
    this.retryAfter = retryAfter;
  }
}

export const isApiError = (error: unknown, ...codes: readonly string[]): error is ApiError =>
  error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));

/** Whether asking again may help: the server was away or busy, not the request wrong. */
export const isTransient = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);
