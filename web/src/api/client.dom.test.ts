import { afterEach, describe, expect, it, vi } from "vitest";
import { resetClock, serverNow } from "@/live/clock";
import { api, setCsrf, unwrap } from "./client";
import { isApiError, isTransient } from "./problem";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });

function serve(response: Response | Error) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    if (response instanceof Error) throw response;
    return response;
  });
  return asked;
}

const ask = () =>
  unwrap(api.POST("/jobs/{key}:cancel", { params: { path: { key: "x" } }, body: {} })).then(
    () => null,
    (error: unknown) => error,
  );

afterEach(() => {
  setCsrf(null);
  resetClock();
});

describe("the REST client", () => {
  it("turns problems into errors with code, violations, correlation id and patience", async () => {
    const violations = [{ field: "name", message: "is empty", value: "" }];
    const problem = { code: "invalid_request", detail: "no", violations, correlation_id: "c-1" };
    serve(answer(400, problem, { "Retry-After": "3" }));
    const error = await ask();
    expect(isApiError(error, "invalid_request")).toBe(true);
    expect(error).toMatchObject({ status: 400, violations, correlationId: "c-1", retryAfter: 3 });
    expect(isTransient(error)).toBe(false);
  });

  it("knows a server that is gone, and a proxy that answers in its place", async () => {
    serve(new TypeError("Failed to fetch"));
    const gone = await ask();
    expect(isApiError(gone, "network")).toBe(true);
    expect(isTransient(gone)).toBe(true);
    serve(answer(502, "<html>bad gateway"));
    const proxied = await ask();
    expect(proxied).toMatchObject({ status: 502, code: "internal" });
    expect(isTransient(proxied)).toBe(true);
  });

  it("sends the token of a session with changes only, and a correlation id with all", async () => {
    setCsrf("t-1");
    const asked = serve(answer(200, { items: [] }));
    await unwrap(api.GET("/providers"));
    await ask();
    expect(asked.map((one) => one.headers.get("X-CSRF-Token"))).toEqual([null, "t-1"]);
    expect(asked.every((one) => (one.headers.get("X-Correlation-Id") ?? "") !== "")).toBe(true);
  });

  it("learns the server's time", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    serve(answer(200, { items: [] }, { Date: date }));
    await unwrap(api.GET("/providers"));
    expect(serverNow() - Date.now()).toBeGreaterThan(3_590_000);
  });
});
