import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { CapacityBar, type Phase, PhaseTimeline, Sparkline, StackedBars, TimeSeries } from ".";

const format = (value: number) => `${value} GB`;
const formatTime = (seconds: number) => `t${seconds}`;
const memory = {
  key: "memory",
  label: "Memory",
  colour: "--c-running",
  values: [null, 2, 4],
} as const;

describe("a line chart", () => {
  const chart = (values: readonly (number | null)[]) => (
    <TimeSeries
      title="Memory"
      times={[1, 2, 3]}
      series={[{ ...memory, values }]}
      format={format}
      formatTime={formatTime}
      empty="No samples yet."
    />
  );

  it("says its numbers in words", () => {
    render(chart([null, 2, 4]));
    const description = "Memory: now 4 GB, 2 GB to 4 GB, 3 GB on average.";
    expect(screen.getByRole("img", { name: "Memory", description })).toBeTruthy();
  });

  it("has a table with the same numbers, newest first", async () => {
    render(chart([null, 2, 4]));
    await userEvent.click(screen.getByRole("button", { name: /Memory/ }));
    const rows = within(screen.getByRole("table")).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual(["TimeMemory", "t34 GB", "t22 GB", "t1–"]);
  });

  it("says that there is nothing, and offers no table of it", () => {
    render(chart([null, null, null]));
    expect(screen.getByText("No samples yet.")).toBeTruthy();
    expect(screen.queryByRole("button")).toBeNull();
  });
});

describe("stacked bars", () => {
  it("sum up, and show the bucket under the pointer", async () => {
    const series = [
      { ...memory, key: "ok", label: "Success", values: [1, 2, 0] },
      { ...memory, key: "bad", label: "Failed", values: [0, 0, 3] },
    ];
    const { container } = render(
      <StackedBars
        title="Jobs"
        times={[1, 2, 3]}
        series={series}
        format={String}
        formatTime={formatTime}
        empty="None."
      />,
    );
    expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
      "Success3",
      "Failed3",
    ]);
    const second = container.querySelectorAll(".items-end > div")[1];
    await userEvent.hover(second as Element);
    expect(screen.getAllByRole("listitem")[0]?.textContent).toBe("Success2");
  });
});

describe("a capacity bar", () => {
  it("tells its share, and shows no bar without a limit", () => {
    const { rerender } = render(<CapacityBar label="CPU" used={3} limit={4} text="3 of 4" />);
    expect(screen.getByRole("meter", { name: "CPU" }).getAttribute("value")).toBe("0.75");
    rerender(<CapacityBar label="CPU" used={3} limit={null} text="3" />);
    expect(screen.queryByRole("meter")).toBeNull();
  });
});

describe("a phase timeline", () => {
  const phase: Phase = {
    key: "image",
    label: "Image Pulled",
    state: "active",
    stateText: "in progress",
    time: "10:00",
    exact: null,
    length: "3s",
    lengthMs: 3000,
    note: "Pulling",
    percent: 40,
  };

  it("says each state in words and the progress in a number", () => {
    const skipped: Phase = {
      ...phase,
      key: "c",
      label: "Cleanup",
      state: "skipped",
      percent: null,
    };
    render(<PhaseTimeline label="Timeline" phases={[phase, skipped]} />);
    const [first] = within(screen.getByRole("list", { name: "Timeline" })).getAllByRole("listitem");
    expect(first?.getAttribute("aria-current")).toBe("step");
    expect(first?.textContent).toContain("Image Pulled: in progress");
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("40");
  });
});

describe("a sparkline", () => {
  it("is decoration beside its number", () => {
    const { container } = render(<Sparkline values={[1, null, 2]} colour="--c-running" />);
    expect(container.querySelector("svg")?.getAttribute("aria-hidden")).toBe("true");
  });
});

it("unmounts while its code is still on the way", async () => {
  const chart = render(
    <TimeSeries
      title="x"
      times={[1]}
      series={[{ ...memory, values: [1] }]}
      format={format}
      empty=""
    />,
  );
  chart.unmount();
  await act(async () => {});
});
