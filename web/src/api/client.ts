/** The typed REST client: same origin, session by cookie, errors as `ApiError`. */
import createClient, { type Middleware } from "openapi-fetch";
import { takeEarly, wasEarly } from "@/early/answers";
import { noteHeard, noteServerTime } from "@/live/clock";
import { ApiError, type Problem } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

let csrf: string | null = null;

/** The token that writes carry when the session is a cookie. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

const SAFE = new Set(["GET", "HEAD"]);

const headers: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Correlation-Id", crypto.randomUUID?.() ?? `web-${Date.now()}`);
    if (csrf !== null && !SAFE.has(request.method)) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  onResponse({ response }) {
    if (!wasEarly(response)) noteServerTime(response.headers.get("Date"));
    if (response.status < 502) noteHeard(); // above that a proxy speaks for a server that is gone
    return undefined;
  },
};

export const api = createClient<paths>({
  baseUrl: "/api/v1",
  credentials: "same-origin",
  fetch: (request) => takeEarly(request) ?? fetch(request), // looked up each time, so that tests can stand in for it
});
api.use(headers);

type Answer<T> = { data?: T; error?: unknown; response: Response };

function failure(response: Response, body: unknown): ApiError {
  const problem: Partial<Problem> =
    typeof body === "object" && body !== null ? body : { detail: response.statusText };
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const correlationId = response.headers.get("X-Correlation-Id") ?? "";
  return new ApiError(problem, response.status, correlationId, retryAfter);
}

/** The data of an answer. Raises ApiError when it is an error or never came. */
export async function unwrap<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({ code: "network", detail: String(error) }, 0, "");
  }
  if (!answer.response.ok) throw failure(answer.response, answer.error);
  return answer.data as T;
}
