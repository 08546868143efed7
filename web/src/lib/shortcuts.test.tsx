import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { setPreference } from "./preferences";
import { activeShortcuts, useShortcuts } from "./shortcuts";

const [next, go, palette, enter] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];

function Keys({ top = false }: { top?: boolean }) {
  useShortcuts([
    { keys: "j", label: "Next", run: next },
    { keys: "g j", label: "Jobs", run: go },
    { keys: "mod+k", label: "Search", run: palette },
    { keys: "Enter", label: "Open", when: () => top, run: enter },
  ]);
  return <input aria-label="Field" />;
}

const press = (key: string, more: object = {}, target: Element = document.body) =>
  fireEvent.keyDown(target, { key, ...more });

afterEach(() => {
  setPreference("shortcuts", true);
  vi.clearAllMocks();
});

describe("useShortcuts", () => {
  it("knows single keys, two in a row, and Ctrl or Cmd", () => {
    render(<Keys />);
    press("j");
    expect(next).toHaveBeenCalledOnce();
    press("g");
    press("j");
    expect(go).toHaveBeenCalledOnce();
    expect(next).toHaveBeenCalledOnce();
    press("k", { metaKey: true });
    press("K", { ctrlKey: true });
    expect(palette).toHaveBeenCalledTimes(2);
    expect(activeShortcuts().map((one) => one.keys)).toEqual(["j", "g j", "mod+k", "Enter"]);
  });

  it("leaves typing alone, except with Ctrl", () => {
    render(<Keys />);
    const field = screen.getByLabelText("Field");
    press("j", {}, field);
    expect(next).not.toHaveBeenCalled();
    press("k", { ctrlKey: true }, field);
    expect(palette).toHaveBeenCalledOnce();
  });

  it("leads out of an empty search by Escape, and not out of a full one", () => {
    render(
      <>
        <Keys />
        <input type="search" aria-label="Search" />
      </>,
    );
    const field = screen.getByLabelText<HTMLInputElement>("Search");
    field.focus();
    field.value = "x";
    press("Escape", {}, field);
    expect(document.activeElement).toBe(field);
    field.value = "";
    press("Escape", {}, field);
    expect(document.activeElement).toBe(document.body);
  });

  it("can be switched off, and keys that mean nothing now keep their own meaning", () => {
    const { rerender } = render(<Keys />);
    expect(press("Enter")).toBe(true);
    rerender(<Keys top />);
    expect(press("Enter")).toBe(false);
    expect(enter).toHaveBeenCalledOnce();
    setPreference("shortcuts", false);
    press("j");
    expect(next).not.toHaveBeenCalled();
    press("k", { ctrlKey: true });
    expect(palette).toHaveBeenCalledOnce();
  });
});
