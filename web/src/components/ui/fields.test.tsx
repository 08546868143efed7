import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { Combobox } from "./Combobox";
import { DateRange } from "./DateRange";
import { Field } from "./Field";
import { Input, NumberWithUnit, Select, Textarea } from "./Input";
import { SegmentedControl, TabPanel, Tabs } from "./Tabs";
import { Checkbox, Switch } from "./Toggle";

function Box() {
  const [value, setValue] = useState("");
  const all = ["alpine:latest", "debian:12", "python:3.11"].map((one) => ({ value: one }));
  return <Combobox label="Image" value={value} onChange={setValue} suggestions={all} />;
}

function Both() {
  const [tab, setTab] = useState("a");
  const [size, setSize] = useState("s");
  const tabs = ["a", "b"].map((value) => ({ value, label: `Tab ${value}` }));
  const sizes = ["s", "m"].map((value) => ({ value, label: value }));
  return (
    <Tabs label="Parts" value={tab} onChange={setTab} tabs={tabs}>
      <TabPanel value="a">First</TabPanel>
      <TabPanel value="b">
        Second
        <SegmentedControl label="Size" value={size} onChange={setSize} options={sizes} />
      </TabPanel>
    </Tabs>
  );
}

describe("Field", () => {
  it("ties label, hint and error to its control", () => {
    render(
      <Field label="CPU" hint="Up to 16" error="0 is too small" required>
        <Input defaultValue="0" />
      </Field>,
    );
    const input = screen.getByLabelText("CPU");
    const described = input.getAttribute("aria-describedby")?.split(" ") ?? [];
    const texts = described.map((id) => document.getElementById(id)?.textContent);
    expect(texts).toEqual(["0 is too small", "Up to 16"]);
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(input.getAttribute("aria-required")).toBe("true");
  });

  it("takes text, numbers with a unit and choices", async () => {
    const [number, unit, choice] = [vi.fn(), vi.fn(), vi.fn()];
    render(
      <>
        <Field label="Script">
          <Textarea />
        </Field>
        <Field label="Memory">
          <NumberWithUnit
            value="5"
            onChange={number}
            unit="MiB"
            units={[
              { value: "MiB", label: "MiB" },
              { value: "GiB", label: "GiB" },
            ]}
            unitLabel="Unit"
            onUnit={unit}
          />
        </Field>
        <Field label="Priority">
          <Select
            value="LOW"
            onChange={choice}
            options={[
              { value: "LOW", label: "Low" },
              { value: "HIGH", label: "High" },
            ]}
          />
        </Field>
      </>,
    );
    await userEvent.type(screen.getByLabelText("Memory"), "1");
    await userEvent.selectOptions(screen.getByLabelText("Unit"), "GiB");
    await userEvent.selectOptions(screen.getByLabelText("Priority"), "High");
    expect(number).toHaveBeenCalledWith("51");
    expect(unit).toHaveBeenCalledWith("GiB");
    expect(choice).toHaveBeenCalledWith("HIGH");
    expect(screen.getByLabelText("Script").tagName).toBe("TEXTAREA");
  });

  it("keeps a space between its label and the word optional", () => {
    render(
      <Field label="Region" optional>
        <Input defaultValue="" />
      </Field>,
    );
    expect(screen.getByRole("textbox", { name: "Region optional" })).toBeTruthy();
  });
});

describe("Combobox", () => {
  it("suggests, moves by arrows, chooses by Enter and closes by Escape", async () => {
    render(<Box />);
    const box = screen.getByRole<HTMLInputElement>("combobox", { name: "Image" });
    await userEvent.type(box, "n");
    expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual([
      "alpine:latest",
      "debian:12",
      "python:3.11",
    ]);
    await userEvent.keyboard("{ArrowDown}{ArrowDown}{Enter}");
    expect(box.value).toBe("debian:12");
    expect(box.getAttribute("aria-expanded")).toBe("false");
    await userEvent.clear(box);
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("listbox")).toBeNull();
  });
});

describe("toggles", () => {
  it("switch and tick by mouse and keyboard", async () => {
    const [on, tick] = [vi.fn(), vi.fn()];
    render(
      <>
        <Switch label="Enabled" hint="At once" checked={false} onChange={on} />
        <Checkbox checked="indeterminate" onChange={tick}>
          Everything
        </Checkbox>
      </>,
    );
    await userEvent.click(screen.getByLabelText("Enabled"));
    expect(on).toHaveBeenCalledWith(true);
    const box = screen.getByRole("checkbox", { name: "Everything" });
    expect(box.getAttribute("aria-checked")).toBe("mixed");
    box.focus();
    await userEvent.keyboard(" ");
    expect(tick).toHaveBeenCalledWith(true, false);
  });

  it("say by keyboard, too, why they cannot be used", async () => {
    const on = vi.fn();
    render(<Switch label="Takes jobs" checked onChange={on} disabledReason="Not yours" bare />);
    const control = screen.getByRole("switch", { name: "Takes jobs" });
    await userEvent.tab();
    expect(document.activeElement).toBe(control);
    const reason = control.getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(reason)?.textContent).toBe("Not yours");
    await userEvent.keyboard(" ");
    await userEvent.click(control);
    expect(on).not.toHaveBeenCalled();
  });
});

describe("Tabs and SegmentedControl", () => {
  it("have roles and arrow keys", async () => {
    render(<Both />);
    expect(screen.getByRole("tabpanel").textContent).toBe("First");
    screen.getByRole("tab", { name: "Tab a" }).focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(screen.getByRole("tab", { name: "Tab b" }).getAttribute("aria-selected")).toBe("true");
    await userEvent.click(screen.getByRole("radio", { name: "m" }));
    expect(screen.getByRole("radio", { name: "m" }).getAttribute("aria-checked")).toBe("true");
  });
});

describe("DateRange", () => {
  it("offers usual spans and days of one's own", async () => {
    const change = vi.fn();
    render(<DateRange label="Created" value={{}} onChange={change} />);
    await userEvent.click(screen.getByRole("button", { name: "Created: Any time" }));
    await userEvent.click(screen.getByRole("button", { name: "Last 7 days" }));
    const { from, to } = change.mock.calls[0]?.[0] ?? {};
    expect(Date.now() - Date.parse(from)).toBeGreaterThan(6.9 * 86_400_000);
    expect(to).toBeUndefined();
    await userEvent.click(screen.getByRole("button", { name: "Created: Any time" }));
    await userEvent.type(screen.getByLabelText("From"), "2026-11-20");
    await userEvent.click(screen.getByRole("button", { name: "Apply" }));
    expect(change).toHaveBeenLastCalledWith({ from: "2026-11-20", to: undefined });
  });
});
