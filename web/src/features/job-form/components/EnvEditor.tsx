/** Variables in rows: text, secret values, and names of stored secrets; .env lines can be pasted. */
import { Plus } from "lucide-react";
import { type ClipboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { controlId, useForm } from "../hooks/form";
import { looksDotenv, parseDotenv } from "../model/dotenv";
import { type EnvRow, newEnvRow } from "../model/values";
import { EnvLine } from "./EnvLine";
import { useFieldError } from "./fields";

export function EnvEditor() {
  const { t } = useTranslation("job-form");
  const { values, set } = useForm();
  const [said, setSaid] = useState("");
  const add = useRef<HTMLButtonElement>(null);
  const error = useFieldError()("env");
  const rows = values.env;
  const id = controlId("env");

  const change = (index: number, row: EnvRow) => set("env", rows.with(index, row));

  function remove(index: number): void {
    set("env", rows.toSpliced(index, 1));
    const next = rows[index + 1] ?? rows[index - 1];
    const target = next && document.getElementById(controlId(`env.${next.id}.name`));
    (target ?? add.current)?.focus();
  }

  function addRow(): void {
    const row = newEnvRow();
    set("env", [...rows, row]);
    requestAnimationFrame(() => document.getElementById(controlId(`env.${row.id}.name`))?.focus());
  }

  /** Takes over lines of a .env file; any other text is pasted as the browser does. */
  function paste(event: ClipboardEvent, index: number, cell: "name" | "value"): void {
    const text = event.clipboardData.getData("text");
    const several = text.trim().includes("\n");
    if (!looksDotenv(text) || (cell === "value" && !several)) return;
    event.preventDefault();
    const pairs = parseDotenv(text);
    const names = new Set(pairs.map(({ name }) => name));
    const kept = rows.filter((row, at) => {
      const empty = row.name === "" && row.value === "";
      return !names.has(row.name) && !(at === index && empty);
    });
    set("env", [...kept, ...pairs.map(({ name, value }) => newEnvRow(name, value))]);
    setSaid(t("env.pasted", { count: pairs.length }));
  }

  return (
    <fieldset id={id} tabIndex={-1} className="min-w-0 outline-offset-4">
      <legend className="mb-1.5 font-medium text-sm">{t("field.env")}</legend>
      {rows.length > 0 && (
        <ul className="mb-2 flex flex-col gap-3 sm:gap-2">
          {rows.map((row, index) => (
            <EnvLine
              key={row.id}
              row={row}
              number={index + 1}
              onChange={(next) => change(index, next)}
              onRemove={() => remove(index)}
              onPaste={(event, cell) => paste(event, index, cell)}
            />
          ))}
        </ul>
      )}
      {error !== undefined && <p className="mb-2 text-failed text-sm">{error}</p>}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button ref={add} size="sm" icon={Plus} onClick={addRow}>
          {t("env.add")}
        </Button>
        <p className="text-muted text-sm">{t("hint.env")}</p>
      </div>
      <p role="status" className="sr-only">
        {said}
      </p>
    </fieldset>
  );
}
