/** Who has taken how much: at most a window of bytes is on its way unconfirmed, each way. */

/** Bytes that either side may have on their way before the other one confirms them. */
export const WINDOW = 262_144;
/** Output is confirmed in steps, so that not every line costs a frame. */
const CONFIRM_STEP = WINDOW / 8;
const PIECE = 16_384;
/** Bytes that may wait here for a program that reads nothing. */
export const MAX_WAITING = 4 << 20;

/** Counts what the screen has drawn, and says when to confirm it. */
export class Receipts {
  private pending = 0;

  /** How many bytes are to be confirmed now; 0 while it is not worth a frame. */
  drawn(bytes: number): number {
    this.pending += bytes;
    if (this.pending < CONFIRM_STEP) return 0;
    const due = this.pending;
    this.pending = 0;
    return due;
  }
}

/** What was typed and may not be sent yet. */
export class Outbox {
  private readonly pieces: Uint8Array<ArrayBuffer>[] = [];
  private waiting = 0;
  private room = WINDOW;

  /** False, and nothing is kept, when more would wait than there is place for. */
  add(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.waiting + bytes.length > MAX_WAITING) return false;
    for (let start = 0; start < bytes.length; start += PIECE) {
      this.pieces.push(bytes.subarray(start, start + PIECE));
    }
    this.waiting += bytes.length;
    return true;
  }

  /** The next piece that may be sent; undefined when there is none, or no room for it. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const piece = this.pieces[0];
    if (piece === undefined || piece.length > this.room) return undefined;
    this.pieces.shift();
    this.waiting -= piece.length;
    this.room -= piece.length;
    return piece;
  }

  /** The program has taken so many bytes. */
  confirmed(bytes: number): void {
    this.room = Math.min(WINDOW, this.room + bytes);
  }
}
