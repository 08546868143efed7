import { describe, expect, it } from "vitest";
import { at } from "./fixtures";
import { columnsOf, latest, mergeSamples, type Sample, since } from "./samples";

const sample = (seconds: number, changes: Partial<Sample> = {}): Sample => ({
  at: at(seconds),
  cpu_ms: 0,
  memory_bytes: 100,
  memory_peak_bytes: 100,
  disk_read_bytes: 0,
  disk_write_bytes: 0,
  net_rx_bytes: 0,
  net_tx_bytes: 0,
  processes: 1,
  ...changes,
});

describe("samples", () => {
  it("of the store and of the socket are one row, each moment once", () => {
    const merged = mergeSamples([sample(1), sample(2)], [sample(3), sample(2, { processes: 2 })]);
    expect(merged.map((one) => [one.at, one.processes])).toEqual([
      [at(1), 1],
      [at(2), 2],
      [at(3), 1],
    ]);
    expect(mergeSamples([sample(1), sample(2)], [sample(3)], 2).map((one) => one.at)).toEqual([
      at(2),
      at(3),
    ]);
  });

  it("become cores and bytes per second", () => {
    const columns = columnsOf([
      sample(0, { cpu_ms: 1000, net_rx_bytes: 0 }),
      sample(2, { cpu_ms: 4000, net_rx_bytes: 2048 }),
      sample(4, { cpu_ms: 4000, net_rx_bytes: 1024 }),
    ]);
    expect(columns.cpu).toEqual([null, 1.5, 0]);
    expect(columns.netRx).toEqual([null, 1024, null]);
    expect(columns.memory).toEqual([100, 100, 100]);
    expect(latest(columns.netRx)).toBe(1024);
    expect(latest([null])).toBeNull();
  });

  it("can be cut to a range", () => {
    const columns = columnsOf([sample(0), sample(60), sample(120)]);
    const from = Date.parse(at(60)) / 1000;
    expect(since(columns, from).times).toHaveLength(2);
    expect(since(columns, from + 1000).times).toHaveLength(0);
    expect(since(columns, null)).toBe(columns);
  });
});
