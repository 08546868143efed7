/** Two texts as one: what went and what came, with a few lines around each change. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { cn } from "@/lib/cn";
import { type DiffLine, diffOf, hunksOf } from "../model/diff";

type Props = { before: string; after: string; label: string };

const SIGNS = { same: " ", added: "+", removed: "-" } as const;
const LOOKS = {
  same: "",
  added: "bg-[rgb(95_220_160/14%)]",
  removed: "bg-[rgb(255_123_132/16%)]",
} as const;

export function DiffView({ before, after, label }: Props) {
  const { t } = useTranslation("templates");
  const [whole, setWhole] = useState(false);
  const lines = useMemo(() => diffOf(before, after), [before, after]);
  const hunks = useMemo(() => hunksOf(lines), [lines]);
  const shown: readonly (DiffLine | null)[] = whole ? lines : hunks;
  const folds = hunks.includes(null);
  if (before === after) return <p className="text-muted">{t("versions.same")}</p>;
  return (
    <div className="flex min-w-0 flex-col items-start gap-3">
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the keyboard
        tabIndex={0}
        className="w-full overflow-auto rounded-control bg-console text-console-text"
      >
        <pre className="w-max min-w-full py-3 font-mono text-sm">
          {shown.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text keep their order
            <Line key={at} line={line} />
          ))}
        </pre>
      </section>
      {folds && (
        <Button size="sm" onClick={() => setWhole(!whole)}>
          {t(whole ? "versions.changes" : "versions.whole")}
        </Button>
      )}
    </div>
  );
}

function Line({ line }: { line: DiffLine | null }) {
  const { t } = useTranslation("templates");
  if (line === null) {
    return <span className="block px-3 text-console-gutter select-none">⋯</span>;
  }
  const { kind, text } = line;
  return (
    <span className={cn("block px-3", LOOKS[kind])}>
      {kind !== "same" && <span className="sr-only">{t(`versions.${kind}`)}</span>}
      <span aria-hidden className="inline-block w-5 text-console-gutter select-none">
        {SIGNS[kind]}
      </span>
      {text}
      {"\n"}
    </span>
  );
}
