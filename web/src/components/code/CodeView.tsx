/** A script to read: coloured, on the console's ground, scrolled inside its own box. */
import { useMemo } from "react";
import { cn } from "@/lib/cn";
import { pieces } from "@/lib/placeholders";
import { type Language, type TokenKind, tokensOf } from "./highlight";

const COLOURS: Record<TokenKind, string | undefined> = {
  text: undefined,
  comment: "text-console-time",
  string: "text-console-warn",
  keyword: "text-console-info",
  number: "text-console-stderr",
  variable: "text-console-match-current",
};

type Props = {
  code: string;
  language: Language;
  label: string;
  /** Marks `{{ name }}`: the text of a template. */
  placeholders?: boolean;
  className?: string;
};

export function CodeView({ code, language, label, placeholders = false, className }: Props) {
  const tokens = useMemo(() => {
    let place = 0;
    return tokensOf(code, language).map((token) => {
      const at = place;
      place += token.text.length;
      return { ...token, at };
    });
  }, [code, language]);
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the keyboard
      tabIndex={0}
      className={cn("overflow-auto rounded-control bg-console text-console-text", className)}
    >
      <pre className="w-max min-w-full p-3 font-mono text-sm">
        <code>
          {tokens.map(({ kind, text, at }) => (
            <span key={at} className={COLOURS[kind]}>
              {placeholders ? <Marked text={text} /> : text}
            </span>
          ))}
        </code>
      </pre>
    </section>
  );
}

const Marked = ({ text }: { text: string }) =>
  pieces(text).map((piece, at) =>
    at % 2 === 0 ? (
      piece
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text keep their order
      <mark key={at} className="rounded-sm bg-console-info text-console">
        {piece}
      </mark>
    ),
  );
