/** How tall rows are: all alike, or wrapped, where rows that are not loaded count as average. */

export interface Heights {
  readonly count: number;
  readonly total: number;
  /** The list has grown or changed its length. */
  resize(count: number): void;
  offsetOf(row: number): number;
  /** The row at a pixel position. */
  rowAt(top: number): number;
}

export class FixedHeights implements Heights {
  constructor(
    public count: number,
    readonly rowPx: number,
  ) {}

  resize(count: number): void {
    this.count = count;
  }

  get total(): number {
    return this.count * this.rowPx;
  }

  offsetOf(row: number): number {
    return Math.min(Math.max(row, 0), this.count) * this.rowPx;
  }

  rowAt(top: number): number {
    return Math.min(Math.max(Math.floor(top / this.rowPx), 0), Math.max(0, this.count - 1));
  }
}

const BLOCK = 500;

/** Screen lines of a row; undefined when the row is not loaded. */
export type Measure = (row: number) => number | undefined;

export class WrappedHeights implements Heights {
  readonly #blocks: (number | undefined)[] = [];
  #offsets: number[] | undefined;
  #seen = 0;
  #seenRows = 0;

  constructor(
    public count: number,
    readonly rowPx: number,
    private readonly measure: Measure,
  ) {}

  resize(count: number): void {
    if (count === this.count) return;
    // The last block gains or loses rows.
    const changed = Math.floor(Math.min(count, this.count) / BLOCK);
    this.#blocks.length = Math.min(this.#blocks.length, changed);
    this.count = count;
    this.#offsets = undefined;
  }

  /** Screen lines per row as far as rows were seen. */
  get average(): number {
    return this.#seenRows === 0 ? 1 : this.#seen / this.#seenRows;
  }

  get total(): number {
    return this.#starts().at(-1) ?? 0;
  }

  /** Looks again at the rows of [from, to), whose lines may have arrived. */
  refresh(from: number, to: number): void {
    const last = Math.min(to, this.count) - 1;
    for (let block = Math.floor(from / BLOCK); block * BLOCK <= last; block += 1) {
      const known = this.#measured(block);
      if (known === this.#blocks[block]) continue;
      this.#blocks[block] = known;
      this.#offsets = undefined;
    }
  }

  offsetOf(row: number): number {
    const at = Math.min(Math.max(row, 0), this.count);
    const block = Math.floor(at / BLOCK);
    let offset = this.#starts()[block] ?? this.total;
    for (let before = block * BLOCK; before < at; before += 1) offset += this.#rowHeight(before);
    return offset;
  }

  rowAt(top: number): number {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= top) low = middle;
      else high = middle;
    }
    let row = low * BLOCK;
    let end = starts[low] ?? 0;
    while (row < this.count) {
      end += this.#rowHeight(row);
      if (end > top) return row;
      row += 1;
    }
    return Math.max(0, this.count - 1);
  }

  #rowHeight(row: number): number {
    // A block that was never looked at is drawn as average throughout, so that the sum of its
    // rows is its height.
    const known = this.#blocks[Math.floor(row / BLOCK)] !== undefined;
    return (known ? (this.measure(row) ?? this.average) : this.average) * this.rowPx;
  }

  #measured(block: number): number | undefined {
    const from = block * BLOCK;
    const to = Math.min(from + BLOCK, this.count);
    let known = 0;
    let missing = 0;
    for (let row = from; row < to; row += 1) {
      const lines = this.measure(row);
      if (lines === undefined) missing += 1;
      else known += lines;
    }
    if (missing === to - from) return undefined;
    if (this.#blocks[block] === undefined) {
      this.#seen += known;
      this.#seenRows += to - from - missing;
    }
    return known + missing * this.average;
  }

  #starts(): number[] {
    if (this.#offsets !== undefined) return this.#offsets;
    const offsets = [0];
    let sum = 0;
    for (let block = 0; block * BLOCK < this.count; block += 1) {
      const rows = Math.min(BLOCK, this.count - block * BLOCK);
      sum += (this.#blocks[block] ?? rows * this.average) * this.rowPx;
      offsets.push(sum);
    }
    this.#offsets = offsets;
    return offsets;
  }
}
