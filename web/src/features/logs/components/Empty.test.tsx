import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "@/api/problem";
import { loadNamespaces } from "@/i18n/i18n";
import type { Viewer } from "../hooks/useViewer";
import { startSession } from "../model/session";
import type { Settings } from "../model/settings";
import { Empty } from "./Empty";

const SETTINGS = { levels: [], stream: undefined, only: false } as unknown as Settings;
const ENDED = "2026-11-26T10:00:00Z";

/** As much of a viewer as there is when no line can be shown. */
function viewerOf(more: Record<string, unknown>): Viewer {
  const base = { meta: { ended: true, expired: false }, ready: true, store: { total: 0 } };
  return {
    jobId: "1",
    job: { state: "SUCCEEDED", attempts: [{ number: 1, ended_at: ENDED, outcome: null }] },
    attempt: 1,
    base,
    list: base,
    rows: { count: 0 },
    session: startSession(0, true),
    ...more,
  } as unknown as Viewer;
}

function shown(more: Record<string, unknown>): HTMLElement | null {
  const { container } = render(
    <QueryClientProvider client={new QueryClient()}>
      <Empty viewer={viewerOf(more)} settings={SETTINGS} onChange={() => {}} />
    </QueryClientProvider>,
  );
  return container.querySelector("[data-log-empty]");
}

beforeAll(() => loadNamespaces(["logs"]));

describe("Empty", () => {
  it("says when the lines were deleted with their retention, and of when they were", () => {
    const gone = { meta: { ended: true, expired: true }, ready: true, store: { total: 0 } };
    const note = shown({ base: gone, list: gone });
    expect(note?.dataset.logEmpty).toBe("expired");
    expect(note?.textContent).toMatch(/2026/);
  });

  it("says that one may not read them, and nothing else", () => {
    const note = shown({ jobError: new ApiError({ code: "forbidden" }, 403, "id") });
    expect(note?.dataset.logEmpty).toBe("forbidden");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("tells a job without output from a log that has not begun", () => {
    expect(shown({})?.dataset.logEmpty).toBe("empty");
    const open = { meta: { ended: false, expired: false }, ready: true, store: { total: 0 } };
    expect(shown({ base: open, list: open })?.dataset.logEmpty).toBe("waiting");
  });
});
