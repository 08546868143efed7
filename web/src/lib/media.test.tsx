import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useOnShow } from "./media";

function show(visible: boolean) {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(visible ? "visible" : "hidden");
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("useOnShow", () => {
  it("waits before it says that nobody looks, and says at once that somebody does", () => {
    const { result } = renderHook(() => useOnShow(30_000));
    show(false);
    act(() => void vi.advanceTimersByTime(29_000));
    show(true);
    act(() => void vi.advanceTimersByTime(60_000));
    expect(result.current).toBe(true);
    show(false);
    act(() => void vi.advanceTimersByTime(30_000));
    expect(result.current).toBe(false);
    show(true);
    expect(result.current).toBe(true);
  });
});
