/** React's side of the live socket: listening to a topic, and how the connection is. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { lastHeard } from "./clock";
import type { Delivery, Mode } from "./machine";
import { liveSocket } from "./socket";

export type TopicHandlers<T> = {
  /** New data of the topic, in order. */
  onData(data: T): void;
  /** Something was missed, or no socket comes up and it is time to poll: read again. */
  onResync(): void;
  /** Nothing more will come. */
  onEnd?(end: Record<string, unknown>): void;
  /** The server refused the topic. */
  onRefused?(code: string, detail: string): void;
  /** After a break: the next log line wanted. */
  since?(): number | null;
};

function dispatch<T>(handlers: TopicHandlers<T>, delivery: Delivery | { kind: "poll" }): void {
  switch (delivery.kind) {
    case "data":
      handlers.onData(delivery.data as T);
      break;
    case "resync":
    case "poll":
      handlers.onResync();
      break;
    case "end":
      handlers.onEnd?.(delivery.end);
      break;
    case "refused":
      handlers.onRefused?.(delivery.code, delivery.detail);
      break;
  }
}

/** Listens to `topic` while mounted; null listens to nothing. Handlers may change freely. */
export function useTopic<T>(topic: string | null, handlers: TopicHandlers<T>): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    if (topic === null) return;
    return liveSocket.listen(topic, {
      onDelivery: (delivery) => dispatch(latest.current, delivery),
      since: () => latest.current.since?.() ?? null,
    });
  }, [topic]);
}

const watch = (watcher: () => void) => liveSocket.watch(watcher);

/** Live, reconnecting, polling or offline, as the connection is now. */
export const useLiveMode = (): Mode => useSyncExternalStore(watch, () => liveSocket.mode);

/** When the server was last heard (ms, this machine's clock), anew with each change of the mode. */
export function useLiveSince(): number {
  useLiveMode();
  return lastHeard();
}
