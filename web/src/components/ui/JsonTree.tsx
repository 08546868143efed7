/** A JSON value that can be folded; text, never markup. */
import type { ReactNode } from "react";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type JsonTreeProps = { value: Json; name?: string; open?: boolean };

function leaf(value: null | boolean | number | string): ReactNode {
  if (typeof value === "string") {
    return <span className="text-succeeded [overflow-wrap:anywhere]">{JSON.stringify(value)}</span>;
  }
  return <span className="text-assigned">{String(value)}</span>;
}

export function JsonTree({ value, name, open = true }: JsonTreeProps) {
  const label = name !== undefined && <span className="text-muted">{name}: </span>;
  if (value === null || typeof value !== "object") {
    return (
      <div className="pl-4 font-mono text-sm">
        {label}
        {leaf(value)}
      </div>
    );
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value) as [string, Json][];
  const [before, after] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) {
    return (
      <div className="pl-4 font-mono text-sm">
        {label}
        {before + after}
      </div>
    );
  }
  return (
    <details open={open} className="pl-4 font-mono text-sm">
      <summary className="-ml-4 rounded-sm">
        {label}
        {before} <span className="text-subtle">{entries.length}</span> {after}
      </summary>
      {entries.map(([key, inner]) => (
        <JsonTree key={key} name={key} value={inner} open={false} />
      ))}
    </details>
  );
}
