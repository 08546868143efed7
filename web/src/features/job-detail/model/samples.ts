/** Resource samples: stored and live ones in one row, and the rates that charts draw. */
import type { components } from "@/api/schema";

export type Sample = components["schemas"]["SampleView"];

/** Samples of both, in order of time, each once; the newest `most` are kept. */
export function mergeSamples(
  stored: readonly Sample[],
  live: readonly Sample[],
  most = 7200,
): Sample[] {
  const byTime = new Map<number, Sample>();
  for (const sample of [...stored, ...live]) byTime.set(Date.parse(sample.at), sample);
  const merged = [...byTime].sort(([one], [other]) => one - other).map(([, sample]) => sample);
  return merged.length > most ? merged.slice(-most) : merged;
}

export const SERIES = [
  "cpu",
  "memory",
  "diskRead",
  "diskWrite",
  "netRx",
  "netTx",
  "processes",
] as const;
export type SeriesName = (typeof SERIES)[number];

/** Columns as charts take them; `times` in seconds, CPU in cores, rates per second. */
export type Columns = { times: number[] } & Record<SeriesName, (number | null)[]>;

const COUNTERS = {
  cpu: "cpu_ms",
  diskRead: "disk_read_bytes",
  diskWrite: "disk_write_bytes",
  netRx: "net_rx_bytes",
  netTx: "net_tx_bytes",
} as const satisfies Partial<Record<SeriesName, keyof Sample>>;

/** What the samples say about each moment; the first one has no rate yet. */
export function columnsOf(samples: readonly Sample[]): Columns {
  const columns: Columns = {
    times: [],
    cpu: [],
    memory: [],
    diskRead: [],
    diskWrite: [],
    netRx: [],
    netTx: [],
    processes: [],
  };
  let before: Sample | undefined;
  for (const sample of samples) {
    columns.times.push(Date.parse(sample.at) / 1000);
    columns.memory.push(sample.memory_bytes);
    columns.processes.push(sample.processes);
    columns.cpu.push(rate(before, sample, COUNTERS.cpu, 1));
    for (const name of ["diskRead", "diskWrite", "netRx", "netTx"] as const) {
      columns[name].push(rate(before, sample, COUNTERS[name], 1000));
    }
    before = sample;
  }
  return columns;
}

/** Growth of a counter per millisecond, times `scale`; none when it went back. */
function rate(
  before: Sample | undefined,
  sample: Sample,
  counter: (typeof COUNTERS)[keyof typeof COUNTERS],
  scale: number,
): number | null {
  if (before === undefined) return null;
  const passed = Date.parse(sample.at) - Date.parse(before.at);
  const grown = sample[counter] - before[counter];
  return passed > 0 && grown >= 0 ? (grown / passed) * scale : null;
}

/** The columns from `from` on (seconds); everything when it is null. */
export function since(columns: Columns, from: number | null): Columns {
  if (from === null) return columns;
  const first = columns.times.findIndex((at) => at >= from);
  const start = first === -1 ? columns.times.length : first;
  const cut = Object.entries(columns).map(([name, values]) => [name, values.slice(start)]);
  return Object.fromEntries(cut) as Columns;
}

/** The newest value that is known. */
export const latest = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;
