/** Why a shell ended or never began, known by what the server says. */

export type Reason =
  | { name: "over" | "workerLost" | "noShell" }
  | { name: "idle"; seconds: number }
  | { name: "full"; count: number }
  | { name: "other"; text: string };

/** Undefined when it simply ended. */
export function reasonOf(error: string): Reason | undefined {
  if (error === "") return undefined;
  if (/^the job is over|^the job's process has just ended/.test(error)) return { name: "over" };
  if (error.startsWith("there is no shell in this image")) return { name: "noShell" };
  if (error.startsWith("the connection to the worker was lost")) return { name: "workerLost" };
  const idle = /^closed: nothing passed for ([\d.e+]+) s/.exec(error)?.[1];
  if (idle !== undefined) return { name: "idle", seconds: Number(idle) };
  const count = /^(\d+) terminals are open already/.exec(error)?.[1];
  if (count !== undefined) return { name: "full", count: Number(count) };
  return { name: "other", text: error };
}
