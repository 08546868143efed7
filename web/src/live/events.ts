/** Server-sent events in the place of a socket, for where a WebSocket cannot pass. */

/** What the live connection asks of whatever carries it. */
export type Line = Pick<WebSocket, "send" | "close" | "readyState"> & {
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
};

/** The topics that are listened to, and the next log line wanted of those that are logs. */
export type Wanted = ReadonlyMap<string, number | null>;

type Source = Pick<EventSource, "close" | "readyState" | "onopen" | "onmessage" | "onerror">;

/** The server takes so many in one stream. */
const MOST_TOPICS = 8;
/** A stream whose topics have all ended is over; this one never ends. */
const LASTING = "summary";
/** A page that is just being shown asks for its topics one after the other. */
const GATHER_MS = 50;

export function addressOf(wanted: Wanted): string {
  const topics = [...new Set([LASTING, ...wanted.keys()])].slice(0, MOST_TOPICS);
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  const lines = [...wanted.values()].filter((line) => line !== null);
  if (lines.length > 0) query.set("since", String(Math.min(...lines)));
  return `/api/v1/events?${query}`;
}

/**
 * One stream carries the topics of the moment: what is sent only says that they have changed, and
 * a new stream takes the place of the old one. Frames of a new stream are counted from 1 again, by
 * which the listeners know that they have to read what may have been missed in between.
 */
export class EventLine implements Line {
  readyState = 0;
  onopen: Line["onopen"] = null;
  onclose: Line["onclose"] = null;
  onmessage: Line["onmessage"] = null;
  private source: Source | undefined;
  private carried = "";
  private gather: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly wanted: () => Wanted,
    private readonly open: (address: string) => Source = (address) => new EventSource(address),
  ) {
    this.renew();
  }

  send(): void {
    this.gather ??= setTimeout(() => {
      this.gather = undefined;
      if (topicsOf(this.wanted()) !== this.carried) this.renew();
    }, GATHER_MS);
  }

  close(): void {
    clearTimeout(this.gather);
    this.readyState = 3;
    this.drop();
  }

  private drop(): void {
    const source = this.source;
    if (source === undefined) return;
    source.onopen = source.onmessage = source.onerror = null;
    source.close();
  }

  private renew(): void {
    this.drop();
    const wanted = this.wanted();
    this.carried = topicsOf(wanted);
    const source = this.open(addressOf(wanted));
    this.source = source;
    source.onopen = () => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.(undefined as never);
    };
    source.onmessage = ({ data }) => this.onmessage?.({ data } as never);
    source.onerror = () => {
      // It would try again by itself; when, is for the state machine to say.
      this.close();
      this.onclose?.(undefined as never);
    };
  }
}

const topicsOf = (wanted: Wanted): string => [...wanted.keys()].sort().join();
