/**
 * The server's own sentences in the language of the page.
 *
 * The server says everything in English, and what it stored it cannot say anew: a phrase book has
 * its sentences, with {} for what they name, and how to say them. `tests/architecture` holds the
 * book against the server's source. What is in no book, as the words of a registry or a cluster,
 * is shown as it came.
 */

import { fetchFile } from "./resources";

/** Sentences with {} in the order of the server's words; {1} in the answer takes the second one. */
type Book = Readonly<Record<string, string>>;
type Pattern = Readonly<{ shape: RegExp; words: string }>;
/** The words for a sentence; undefined when it is in no book. */
type Say = (sentence: string) => string | undefined;

/** What is longer is no sentence of ours. */
const LONGEST = 2000;
const MOST_KNOWN = 1000;
/** So deep may sentences be within each other. */
const DEEPEST = 4;

function patternsOf(book: Book): Pattern[] {
  return Object.entries(book)
    .filter(([sentence]) => sentence.includes("{}"))
    .map(([sentence, words]) => {
      const parts = sentence.split("{}");
      const shape = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("(.+?)");
      return { shape: new RegExp(`^${shape}$`, "s"), words, known: parts.join("").length };
    })
    .sort((one, other) => other.known - one.known); // what says more is meant more exactly
}

/** How to say the sentences of a book, and those that are made of them. */
export function sayFrom(book: Book): Say {
  const patterns = patternsOf(book);
  const inner = (text: string, depth: number) => say(text, depth + 1) ?? text;

  function byPattern(sentence: string, depth: number): string | undefined {
    for (const { shape, words } of patterns) {
      const found = shape.exec(sentence);
      if (found === null) continue;
      let next = 0;
      return words.replace(/\{(\d*)\}/g, (_, place: string) => {
        const index = place === "" ? next++ : Number(place);
        return inner(found[index + 1] ?? "", depth);
      });
    }
    return undefined;
  }

  function inParts(sentence: string, separator: string, all: boolean, depth: number) {
    const parts = sentence.split(separator);
    if (parts.length === 1) return undefined;
    const said = parts.map((part) => say(part, depth + 1));
    const known = all ? !said.includes(undefined) : said.some((part) => part !== undefined);
    return known ? said.map((part, index) => part ?? parts[index]).join(separator) : undefined;
  }

  function say(sentence: string, depth = 0): string | undefined {
    if (Object.hasOwn(book, sentence)) return book[sentence];
    if (depth > DEEPEST || !sentence.includes(" ")) return undefined;
    const open = sentence.endsWith(".") ? say(sentence.slice(0, -1), depth + 1) : undefined;
    return (
      inParts(sentence, "; ", true, depth) ??
      byPattern(sentence, depth) ??
      (open && `${open}.`) ??
      inParts(sentence, "; ", false, depth) ??
      inParts(sentence, ". ", false, depth)
    );
  }
  return (sentence) => (sentence.length > LONGEST ? undefined : say(sentence));
}

// Data in a build, as all words are.
const files: Record<string, string> = import.meta.env.PROD
  ? import.meta.glob<string>("./phrases/*.json", { query: "?url", import: "default", eager: true })
  : {};
const modules: Record<string, () => Promise<Book>> = import.meta.env.PROD
  ? {}
  : import.meta.glob<Book>("./phrases/*.json", { import: "default" });

async function bookOf(language: string): Promise<Book | undefined> {
  const path = `./phrases/${language}.json`;
  const file = files[path];
  return file === undefined ? modules[path]?.() : fetchFile<Book>(file);
}

let say: Say = () => undefined;
/** Counts the books that were opened: what was said before another one is said anew. */
export let edition = 0;
const known = new Map<string, string>();
const made = new Set<string>();

/** Opens the book of a language; English has none. */
export async function openPhrases(language: string): Promise<void> {
  const book = await bookOf(language);
  say = book === undefined ? () => undefined : sayFrom(book);
  edition += 1;
  known.clear();
  made.clear();
}

/** A sentence of the server in the language of the page, where it is known. */
export function said(sentence: string): string {
  const before = known.get(sentence);
  if (before !== undefined) return before;
  if (known.size > MOST_KNOWN) known.clear();
  const words = say(sentence);
  if (words !== undefined) made.add(words);
  known.set(sentence, words ?? sentence);
  return words ?? sentence;
}

/** The language of what `said` returned, for `lang`; undefined: that of the page. */
export const langOf = (words: string | null | undefined): "en" | undefined =>
  words === null || words === undefined || made.has(words) ? undefined : "en";
