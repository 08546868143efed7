import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_WAITING, Outbox, Receipts, WINDOW } from "./flow";

const drain = (outbox: Outbox) => {
  const sent: Uint8Array[] = [];
  for (let piece = outbox.next(); piece !== undefined; piece = outbox.next()) sent.push(piece);
  return sent;
};
const total = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, one) => sum + one.length, 0);

describe("Receipts", () => {
  it("confirms every byte once, and never holds back so much that the server waits", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 70_000 })), (frames) => {
        const receipts = new Receipts();
        let drawn = 0;
        let confirmed = 0;
        for (const bytes of frames) {
          drawn += bytes;
          confirmed += receipts.drawn(bytes);
          expect(confirmed).toBeLessThanOrEqual(drawn);
          expect(drawn - confirmed).toBeLessThan(WINDOW / 2);
        }
      }),
    );
  });

  it("spares a frame for small output", () => {
    expect(new Receipts().drawn(100)).toBe(0);
  });
});

describe("Outbox", () => {
  it("sends at most the window until it is confirmed, and all of it in order", () => {
    const bytes = Uint8Array.from({ length: WINDOW * 2 + 5 }, (_, at) => at % 251);
    const outbox = new Outbox();
    expect(outbox.add(bytes)).toBe(true);
    const sent = drain(outbox);
    expect(total(sent)).toBe(WINDOW);
    expect(outbox.next()).toBeUndefined();
    while (total(sent) < bytes.length) {
      outbox.confirmed(16_384);
      const more = drain(outbox);
      expect(total(more)).toBeLessThanOrEqual(16_384);
      sent.push(...more);
    }
    expect(Buffer.concat(sent).equals(Buffer.from(bytes))).toBe(true);
  });

  it("refuses what it has no place for, and keeps the rest", () => {
    const outbox = new Outbox();
    expect(outbox.add(new Uint8Array(MAX_WAITING))).toBe(true);
    expect(outbox.add(new Uint8Array(1))).toBe(false);
    expect(total(drain(outbox))).toBe(WINDOW);
    expect(outbox.add(new Uint8Array(WINDOW))).toBe(true);
  });
});
