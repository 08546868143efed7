/**
 * Reads one list of rows as a viewer needs it: what is looked at is fetched, nearest first;
 * what arrives live is added; whoever shows it is told at most once per frame.
 */
import type { ApiError } from "@/api/problem";
import { isApiError, isTransient } from "@/api/problem";
import type { Line, Span } from "../model/line";
import { CHUNK, LineStore } from "../model/store";
import type { Meta, Source } from "./source";

/** Requests at a time. */
const PARALLEL = 3;
const AGAIN_MS = 1000;
const TAIL = 200;
const CATCH_UP = 1000;

export type Batch = {
  readonly attempt: number;
  readonly total: number;
  readonly lines: readonly Line[];
  readonly ended?: { total: number; complete: boolean; sha256: string } | null | undefined;
};

export class LogReader {
  readonly store = new LineStore();
  /** Undefined until the first answer. */
  meta: Meta | undefined;
  /** Whether the list has been read at all. */
  ready = false;
  /** Why it cannot be read. */
  error: ApiError | undefined;
  /** Changes with everything that is shown. */
  version = 0;
  readonly #source: Source;
  readonly #listeners = new Set<() => void>();
  readonly #running = new Map<Span, AbortController>();
  #wanted: readonly Span[] = [];
  #closed = false;
  #catching: Promise<void> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Reads where the log stands, with the chunk of a row or the tail. Never rejects. */
  async open(row?: number): Promise<void> {
    const from = row === undefined ? -TAIL : Math.floor(row / CHUNK) * CHUNK;
    await this.#fetch(from, row === undefined ? TAIL : CHUNK, new AbortController());
  }

  /** Says which rows are on show, in order; what misses of them is fetched. */
  look(spans: readonly Span[]): void {
    const first = spans[0]?.from ?? 0;
    const last = spans.at(-1)?.to ?? 0;
    this.#wanted = spans;
    this.store.focus((first + last) >> 1);
    for (const [other, controller] of this.#running) {
      // What was scrolled past is not worth waiting for.
      if (other.to < first - 2 * CHUNK || other.from > last + 2 * CHUNK) controller.abort();
    }
    this.#pump();
  }

  /** Lines as they are written. */
  take(batch: Batch): void {
    const first = batch.lines[0];
    if (first !== undefined) this.store.put(first.n - 1, batch.lines);
    this.store.grow(batch.total);
    if (this.meta !== undefined) {
      const { ended } = batch;
      this.meta = {
        ...this.meta,
        attempt: batch.attempt,
        total: this.store.total,
        ...(ended ? { ended: true, complete: ended.complete, sha256: ended.sha256 } : {}),
      };
    }
    this.#changed();
  }

  /** Reads what came after the last known row; several calls at once are one. */
  catchUp(): Promise<void> {
    this.#catching ??= this.#fetch(this.store.total, CATCH_UP, new AbortController()).then(() => {
      this.#catching = undefined;
    });
    return this.#catching;
  }

  rowOf(line: number): Promise<number> {
    return this.#source.rowOf(line);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    for (const controller of this.#running.values()) controller.abort();
    this.#listeners.clear();
  }

  #pump(): void {
    if (this.#closed) return;
    for (const span of this.#wanted.flatMap((wanted) => this.store.missing(wanted))) {
      if (this.#running.size >= PARALLEL) return;
      const controller = new AbortController();
      this.#running.set(span, controller);
      this.store.ask(span);
      void this.#fetch(span.from, span.to - span.from, controller).then((got) => {
        this.#running.delete(span);
        this.store.settle(span);
        if (got) this.#pump();
        else if (!controller.signal.aborted) this.#pumpLater();
      });
    }
  }

  /** Whether any line came. */
  async #fetch(from: number, limit: number, controller: AbortController): Promise<boolean> {
    try {
      const page = await this.#source.page(from, limit, controller.signal);
      if (this.#closed) return false;
      this.store.put(page.first, page.lines);
      this.store.grow(page.rows);
      if (page.meta !== undefined) this.meta = { ...page.meta, total: this.store.total };
      this.ready = true;
      this.error = undefined;
      this.#changed();
      return page.lines.length > 0;
    } catch (error) {
      if (!this.#closed) this.#failed(error);
      return false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof DOMException) return; // aborted
    if (!isApiError(error)) throw error;
    if (this.ready && isTransient(error)) return;
    this.error = error;
    this.#changed();
  }

  #pumpLater(): void {
    if (this.#closed || this.error !== undefined) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#pump(), AGAIN_MS);
  }

  #changed(): void {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}
