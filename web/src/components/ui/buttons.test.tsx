import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Plus } from "lucide-react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Badge } from "./Badge";
import { Button, IconButton } from "./Button";
import { Chip, FilterChip } from "./Chip";
import { Id } from "./Copy";
import { type ShownState, STATE_LOOKS, StatusBadge } from "./StatusBadge";
import { placeTooltip } from "./Tooltip";

afterEach(() => {
  vi.useRealTimers();
});

describe("Button", () => {
  it("does nothing while it is busy or forbidden, and says why", async () => {
    const act = vi.fn();
    const user = userEvent.setup();
    const { rerender } = render(<Button onClick={act}>Run</Button>);
    await user.click(screen.getByRole("button", { name: "Run" }));
    expect(act).toHaveBeenCalledOnce();
    rerender(
      <Button onClick={act} busy>
        Run
      </Button>,
    );
    await user.click(screen.getByRole("button"));
    expect(screen.getByRole("button").getAttribute("aria-busy")).toBe("true");
    rerender(
      <Button onClick={act} disabledReason="You may not">
        Run
      </Button>,
    );
    const button = screen.getByRole("button");
    await user.click(button);
    expect(act).toHaveBeenCalledOnce();
    // Reachable by keyboard, so that the reason can be read.
    expect(button.getAttribute("aria-disabled")).toBe("true");
    expect(button.hasAttribute("disabled")).toBe(false);
  });

  it("names an icon and shows the name when it is pointed at", async () => {
    vi.useFakeTimers();
    render(<IconButton icon={Plus} label="Add" />);
    const button = screen.getByRole("button", { name: "Add" });
    fireEvent.pointerEnter(button, { pointerType: "mouse" });
    await act(() => vi.advanceTimersByTimeAsync(500));
    expect(screen.getByRole("tooltip").textContent).toBe("Add");
    fireEvent.pointerLeave(button);
    expect(screen.queryByRole("tooltip")).toBeNull();
  });
});

describe("placeTooltip", () => {
  const view = { width: 400, height: 300 };
  const size = { width: 100, height: 20 };
  const anchor = (left: number, top: number) => new DOMRect(left, top, 40, 40);

  it("stays in the window and turns over at its top", () => {
    expect(placeTooltip(anchor(180, 100), size, "top", view)).toEqual({ left: 150, top: 74 });
    expect(placeTooltip(anchor(0, 0), size, "top", view)).toEqual({ left: 8, top: 46 });
    expect(placeTooltip(anchor(380, 100), size, "top", view).left).toBe(292);
    expect(placeTooltip(anchor(0, 100), size, "right", view)).toEqual({ left: 46, top: 110 });
  });
});

describe("chips and badges", () => {
  it("are toggles with counts, and filters that can be removed", async () => {
    const [press, remove] = [vi.fn(), vi.fn()];
    render(
      <>
        <Chip pressed count="12" onPress={press}>
          Failed
        </Chip>
        <FilterChip name="By" value="ana" onRemove={remove} />
        <Badge tone="good">Ready</Badge>
      </>,
    );
    const chip = screen.getByRole("button", { name: "Failed 12" });
    expect(chip.getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(chip);
    await userEvent.click(screen.getByRole("button", { name: "Remove By: ana" }));
    expect(press).toHaveBeenCalledOnce();
    expect(remove).toHaveBeenCalledOnce();
    expect(screen.getByText("Ready").className).toContain("succeeded");
  });

  it("tell states apart by word and icon, not by colour alone", () => {
    const states = Object.keys(STATE_LOOKS) as ShownState[];
    for (const state of states) render(<StatusBadge state={state} />);
    const badges = [...document.querySelectorAll("[data-state]")];
    const words = badges.map((badge) => badge.textContent);
    expect(new Set(words).size).toBe(states.length);
    expect(badges.every((badge) => badge.querySelector("svg") !== null)).toBe(true);
    expect(words).toContain("Success");
  });
});

describe("Id", () => {
  it("shows eight characters and copies all of them", async () => {
    const user = userEvent.setup();
    render(<Id id="0191f2a4-aaaa-bbbb" what="job id" />);
    expect(screen.getByText("0191f2a4")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Copy job id" }));
    expect(await screen.findByText("Copied")).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe("0191f2a4-aaaa-bbbb");
  });
});
