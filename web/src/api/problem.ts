/** What goes wrong when the server is asked, as one typed error. */
import { edition, said } from "@/i18n/phrases";
import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
export type Violation = Problem["violations"][number];

/**
 * An answer that is an error, or no answer at all (`code` "network", status 0). What it says is
 * said in the language that the page has when it is looked at.
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly correlationId: string;
  /** Seconds after which the server wants to be asked again; 0 when it says nothing. */
  readonly retryAfter: number;
  private readonly sentence: string;
  private readonly faults: readonly Violation[];
  private told: Readonly<{ edition: number; faults: readonly Violation[] }> | undefined;

  constructor(problem: Partial<Problem>, status: number, correlationId: string, retryAfter = 0) {
    super();
    this.name = "ApiError";
    this.sentence = problem.detail || problem.title || `HTTP ${status}`;
    this.faults = problem.violations ?? [];
    this.code = problem.code ?? (status >= 500 ? "internal" : "unknown");
    this.status = status;
    this.correlationId = problem.correlation_id ?? correlationId;
    this.retryAfter = retryAfter;
  }

  get violations(): readonly Violation[] {
    if (this.told?.edition !== edition) {
      const faults = this.faults.map((fault) => ({ ...fault, message: said(fault.message) }));
      this.told = { edition, faults };
    }
    return this.told.faults;
  }

  /** What is wrong, field by field when it is about fields. */
  override get message(): string {
    if (this.faults.length === 0) return said(this.sentence);
    return this.violations
      .map(({ field, message }) => (field === "" ? message : `${field}: ${message}`))
      .join("; ");
  }
}

export const isApiError = (error: unknown, ...codes: readonly string[]): error is ApiError =>
  error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));

/** Whether asking again may help: the server was away or busy, not the request wrong. */
export const isTransient = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);
