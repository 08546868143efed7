/** Which page an address shows, and what that page needs. */

import type { Frame } from "./frame-looks";

export type Page = {
  /** The route, as the router writes it: `/jobs/$jobId`. */
  path: string;
  /** `<feature>/<Page>`. */
  name: string;
  /** Numbers in the list of files. */
  files: readonly number[];
  frame?: Frame | undefined;
};

/** The file of each namespace's words, by language: numbers in the list of files. */
export type Words = Readonly<Record<string, { readonly en: number; readonly es: number }>>;

const parts = (path: string) => path.split("/").filter((part) => part !== "");

function fits(path: string, pathname: string): boolean {
  const wanted = parts(path);
  const given = parts(pathname);
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith("$") || part === given[at])
  );
}

/** A page whose address is spelt out comes before one with a parameter in its place. */
export function pageAt(pages: readonly Page[], pathname: string): Page | undefined {
  const found = pages.filter(({ path }) => fits(path, pathname));
  return found.find(({ path }) => !path.includes("$")) ?? found[0];
}

/** The numbers of the files that the page is made of, words included. */
export function filesOf(page: Page | undefined, language: "en" | "es", words: Words): number[] {
  const spaces = ["common", ...(page === undefined ? [] : [page.name.split("/")[0] ?? ""])];
  const said = spaces.flatMap((space) => words[space]?.[language] ?? []);
  return [...said, ...(page?.files ?? [])];
}

/** What the page will ask the server for first, below `/api/v1`. */
export function dataOf(
  page: Page,
  data: Readonly<Record<string, readonly string[]>>,
  pathname: string,
): string[] {
  const given = parts(pathname);
  const values = new Map(parts(page.path).map((part, at) => [part, given[at] ?? ""]));
  return (data[page.name] ?? []).map((path) =>
    path.replace(/\$\w+/g, (name) => values.get(name) ?? name),
  );
}
