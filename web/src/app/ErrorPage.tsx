/** What a page that broke shows. */
import type { ErrorComponentProps } from "@tanstack/react-router";

export function ErrorPage({ error }: ErrorComponentProps) {
  return <p role="alert">{error instanceof Error ? error.message : String(error)}</p>;
}
