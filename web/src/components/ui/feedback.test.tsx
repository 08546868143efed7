import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/problem";
import { i18next } from "@/i18n/i18n";
import { Card, Facts, StatTile } from "./Card";
import { ConnectionDot } from "./ConnectionDot";
import { Banner, EmptyState, ErrorState, Loading, Skeleton } from "./feedback";
import { JsonTree } from "./JsonTree";
import { Duration, RelativeTime } from "./Time";

const problem = { code: "not_found", detail: "no job has this id" };

describe("ErrorState", () => {
  it("words the title by code, and shows detail, id and a way on", async () => {
    const retry = vi.fn();
    render(<ErrorState error={new ApiError(problem, 404, "req-1")} onRetry={retry} />);
    const alert = screen.getByRole("alert");
    expect(alert.textContent).toContain("It does not exist");
    expect(alert.textContent).toContain("no job has this id");
    expect(alert.textContent).toContain("req-1");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });

  it("speaks the language of the page, also for codes it does not know", async () => {
    await i18next.changeLanguage("es");
    render(
      <>
        <ErrorState error={new ApiError({ code: "network" }, 0, "")} />
        <ErrorState error={new ApiError({ code: "brand_new", detail: "x" }, 418, "")} />
      </>,
    );
    const [first, second] = screen.getAllByRole("alert");
    expect(first?.textContent).toContain("El servidor no responde");
    expect(second?.textContent).toContain("No ha funcionado");
    await act(() => i18next.changeLanguage("en"));
  });

  it("counts down when the server wants to be left alone, and turns 403 into its own page", () => {
    render(
      <>
        <ErrorState error={new ApiError({}, 429, "", 7)} onRetry={vi.fn()} />
        <ErrorState error={new ApiError({ code: "forbidden" }, 403, "")} />
      </>,
    );
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Again in 7 seconds" });
    expect(button.disabled).toBe(true);
    expect(screen.getByRole("heading", { name: "This is not for you" })).toBeTruthy();
  });
});

describe("stand-ins", () => {
  it("say one word while loading, and draw shapes only after a moment", async () => {
    vi.useFakeTimers();
    const { container } = render(
      <Loading>
        <Skeleton />
      </Loading>,
    );
    expect(screen.getByRole("status").textContent).toBe("Loading");
    expect(container.querySelector(".animate-pulse-soft")).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(250));
    expect(container.querySelector(".animate-pulse-soft")).not.toBeNull();
    vi.useRealTimers();
  });

  it("offer an action when there is nothing, and stay as long as they are true", () => {
    render(
      <>
        <EmptyState title="No jobs yet" action={<button type="button">New job</button>} />
        <Banner tone="warn">Paused</Banner>
        <ConnectionDot />
      </>,
    );
    expect(screen.getByRole("heading", { name: "No jobs yet" })).toBeTruthy();
    expect(screen.getByText("Paused").closest("[role=status]")).not.toBeNull();
    expect(document.querySelector("[data-live]")?.textContent).toBe("Connecting");
  });

  it("frame facts and numbers", () => {
    render(
      <Card id="c" title="Server">
        <Facts facts={[["Version", "0.1.0"]]} />
        <StatTile label="Failed" value="3" />
      </Card>,
    );
    expect(screen.getByRole("region", { name: "Server" }).textContent).toContain("0.1.0");
    expect(screen.getByRole("term").textContent).toBe("Version");
  });

  it("fold JSON and never treat it as markup", () => {
    const { container } = render(<JsonTree value={{ a: ["<img src=x>", 1, null], b: {} }} />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain('"<img src=x>"');
    expect(container.querySelectorAll("details")).toHaveLength(2);
  });
});

describe("times", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 26, 21, 40, 0) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("run while something runs, and stand still when it has ended", async () => {
    render(
      <>
        <Duration from="2026-11-26T21:39:58Z" to={null} className="a" />
        <Duration from="2026-11-26T21:39:58Z" to="2026-11-26T21:39:58.250Z" className="b" />
        <Duration from={null} to={null} className="c" />
        <RelativeTime at="2026-11-26T21:35:00Z" className="d" />
      </>,
    );
    const text = (name: string) => document.querySelector(`.${name}`)?.textContent;
    expect([text("a"), text("b"), text("c")]).toEqual(["2s", "250ms", "–"]);
    expect(text("d")).toBe("5 minutes ago");
    await act(() => vi.advanceTimersByTimeAsync(61_000));
    expect([text("a"), text("b"), text("d")]).toEqual(["1m 03s", "250ms", "6 minutes ago"]);
  });

  it("say of what was just told that it is now, and not that it is to come", () => {
    render(
      <>
        <RelativeTime at="2026-11-26T21:40:01.200Z" className="told" />
        <RelativeTime at="2026-11-26T21:40:05Z" className="due" />
      </>,
    );
    expect(document.querySelector(".told")?.textContent).toBe("now");
    expect(document.querySelector(".due")?.textContent).toBe("in 5 seconds");
  });
});
