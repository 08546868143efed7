/** A script to read: coloured, on the console's ground, scrolled inside its own box. */
import { useMemo } from "react";
import { cn } from "@/lib/cn";
import { type Language, type TokenKind, tokensOf } from "./highlight";

const COLOURS: Record<TokenKind, string | undefined> = {
  text: undefined,
  comment: "text-console-time",
  string: "text-console-warn",
  keyword: "text-console-info",
  number: "text-console-stderr",
  variable: "text-console-match-current",
};

type Props = { code: string; language: Language; label: string; className?: string };

export function CodeView({ code, language, label, className }: Props) {
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
              {text}
            </span>
          ))}
        </code>
      </pre>
    </section>
  );
}
