import { describe, expect, it } from "vitest";
import type { StoredSpec } from "@/api/spec";
import { explained, moreMemory, remedyOf, signalName } from "./failure";
import { outcomeOf } from "./fixtures";

const spec = { resources: { memory_mb: 512 }, timeout_ms: 2000 } as StoredSpec;

describe("a failure", () => {
  it("offers what would help", () => {
    expect(remedyOf(outcomeOf("oom"), spec, true)).toEqual({ resources: { memory_mb: 768 } });
    expect(remedyOf(outcomeOf("timeout"), spec, true)).toEqual({ timeout_ms: 4000 });
    expect(remedyOf(outcomeOf("timeout"), spec, false)).toBeNull();
    expect(remedyOf(outcomeOf("exit", 3), spec, true)).toBeNull();
    const most = { ...spec, timeout_ms: 604_800_000 };
    expect(remedyOf(outcomeOf("timeout"), most, true)).toBeNull();
    expect(moreMemory(100)).toBe(192);
  });

  it("is explained by its cause and exit code", () => {
    expect(explained(outcomeOf("exit", 127), true)).toBe("exit127");
    expect(explained(outcomeOf("exit", 3), true)).toBe("exit");
    expect(explained(outcomeOf("exit", 137), true)).toBe("exitSignal");
    expect(explained(outcomeOf("timeout"), false)).toBe("queue");
    expect(signalName(9)).toBe("SIGKILL");
    expect(signalName(40)).toBe("40");
  });
});
