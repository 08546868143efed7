/** The parameters of a template, each in a part of its own that can be folded. */
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { placeholder } from "@/lib/placeholders";
import { MOST_PARAMETERS, newRow, type ParameterRow, type RowIssue } from "../model/editor";
import { ParameterPart } from "./ParameterPart";

type Props = {
  rows: readonly ParameterRow[];
  onChange: (rows: ParameterRow[]) => void;
  /** What is wrong and is shown. */
  issues: readonly RowIssue[];
  onLeave: (row: string, cell: string) => void;
  /** Names that the job uses. */
  used: ReadonlySet<string>;
};

export function ParameterEditor({ rows, onChange, issues, onLeave, used }: Props) {
  const { t } = useTranslation("templates");
  const [open, setOpen] = useState<string | null>(null);
  const declared = new Set(rows.map(({ name }) => name));
  const missing = [...used].filter((name) => !declared.has(name));
  const full = rows.length >= MOST_PARAMETERS;

  function add(name = ""): void {
    const row = newRow(name);
    onChange([...rows, row]);
    setOpen(row.id);
    requestAnimationFrame(() => document.getElementById(`${row.id}-name`)?.focus());
  }

  function move(at: number, by: number): void {
    const row = rows[at];
    if (row === undefined) return;
    onChange(rows.toSpliced(at, 1).toSpliced(at + by, 0, row));
  }

  return (
    <>
      <p className="text-muted">{t("parameters.intro", { mark: placeholder("name") })}</p>
      {rows.length > 0 && (
        <ul
          aria-label={t("parameters.title")}
          className="divide-y divide-hairline rounded-control border border-hairline"
        >
          {rows.map((row, at) => (
            <ParameterPart
              key={row.id}
              row={row}
              issues={issues.filter((issue) => issue.row === row.id)}
              unused={row.name !== "" && !used.has(row.name)}
              open={open === row.id}
              onOpen={(on) => setOpen(on ? row.id : null)}
              onChange={(next) => onChange(rows.with(at, next))}
              onLeave={(cell) => onLeave(row.id, cell)}
              onRemove={() => onChange(rows.toSpliced(at, 1))}
              onUp={at === 0 ? undefined : () => move(at, -1)}
              onDown={at === rows.length - 1 ? undefined : () => move(at, 1)}
            />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          size="sm"
          icon={Plus}
          onClick={() => add()}
          disabledReason={full ? t("parameters.full", { count: MOST_PARAMETERS }) : undefined}
        >
          {t("parameters.add")}
        </Button>
        {!full &&
          missing.map((name) => (
            <Button key={name} size="sm" icon={Plus} onClick={() => add(name)}>
              {t("parameters.declare", { name })}
            </Button>
          ))}
      </div>
    </>
  );
}
