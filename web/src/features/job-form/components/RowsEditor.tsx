/** Labels in rows of a name and a value. */
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { controlId, useForm } from "../hooks/form";
import { newRow, type Row } from "../model/values";
import { useFieldError } from "./fields";

type Props = { name: "labels" | "providerLabels"; hint: string };

export function RowsEditor({ name, hint }: Props) {
  const { t } = useTranslation("job-form");
  const { values, set, leave } = useForm();
  const errorOf = useFieldError();
  const rows = values[name];
  const change = (index: number, row: Row) => set(name, rows.with(index, row));

  function addRow(): void {
    const row = newRow();
    set(name, [...rows, row]);
    requestAnimationFrame(() =>
      document.getElementById(controlId(`${name}.${row.id}.name`))?.focus(),
    );
  }

  return (
    <fieldset id={controlId(name)} tabIndex={-1} className="min-w-0">
      <legend className="font-medium text-sm">{t(`field.${name}`)}</legend>
      <p className="mb-1.5 text-muted text-sm">{hint}</p>
      {rows.map((row, index) => (
        <div key={row.id} className="mb-2 grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] gap-2">
          {(["name", "value"] as const).map((cell) => {
            const field = `${name}.${row.id}.${cell}` as const;
            const error = errorOf(field);
            const id = controlId(field);
            return (
              <div key={cell} className="min-w-0">
                <Input
                  id={id}
                  aria-label={t("env.nth", { what: t(`env.${cell}`), row: index + 1 })}
                  aria-invalid={error !== undefined || undefined}
                  aria-describedby={error === undefined ? undefined : `${id}-error`}
                  value={row[cell]}
                  onBlur={() => leave(field)}
                  onChange={(event) => change(index, { ...row, [cell]: event.target.value })}
                />
                {error !== undefined && (
                  <p id={`${id}-error`} className="mt-1 text-failed text-sm">
                    {error}
                  </p>
                )}
              </div>
            );
          })}
          <IconButton
            icon={Trash2}
            label={t("env.remove", { name: row.name || t("env.unnamed", { row: index + 1 }) })}
            onClick={() => set(name, rows.toSpliced(index, 1))}
          />
        </div>
      ))}
      <Button size="sm" icon={Plus} onClick={addRow}>
        {t("rows.add")}
      </Button>
    </fieldset>
  );
}
