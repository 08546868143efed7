/** Questions to the server that were asked before the scripts of the page had come. */

const API = "/api/v1";
/** Older ones may no longer be true. */
const GOOD_FOR_MS = 15_000;

type Asked = { answer: Promise<Response>; at: number };

declare global {
  interface Window {
    hodeiAsked?: Map<string, Asked>;
  }
}

/** Asks for `path` (below `/api/v1`), once; who needs it takes the answer. */
export function askEarly(path: string): Promise<Response> {
  const answer = fetch(API + path, { credentials: "same-origin" });
  answer.catch(() => {}); // whoever takes it hears of it
  const all = window.hodeiAsked ?? new Map<string, Asked>();
  window.hodeiAsked = all.set(API + path, { answer, at: performance.now() });
  return answer;
}

const taken = new WeakSet<Response>();

/** Whether it had waited here: how long ago it came is not known. */
export const wasEarly = (answer: Response): boolean => taken.has(answer);

/** The answer to a question that was asked early; each can be had once. */
export function takeEarly({ method, url }: Request): Promise<Response> | undefined {
  const all = globalThis.window?.hodeiAsked;
  const { pathname, search } = new URL(url);
  const asked = method === "GET" ? all?.get(pathname + search) : undefined;
  if (asked === undefined) return undefined;
  all?.delete(pathname + search);
  if (performance.now() - asked.at > GOOD_FOR_MS) return undefined;
  return asked.answer.then((answer) => {
    taken.add(answer);
    return answer;
  });
}
