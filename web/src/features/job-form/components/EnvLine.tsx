/** One variable: its name, its kind, its value. */
import { Trash2 } from "lucide-react";
import type { ClipboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { Input, Select } from "@/components/ui/Input";
import { wholeName } from "@/lib/placeholders";
import { controlId, useForm } from "../hooks/form";
import { bytesOf, SHORTEST_MASKED } from "../model/limits";
import { ENV_KINDS, type EnvKind, type EnvRow, ofKind, renamed } from "../model/values";
import { useFieldError } from "./fields";

type Cell = "name" | "value";

type Props = {
  row: EnvRow;
  number: number;
  onChange: (row: EnvRow) => void;
  onRemove: () => void;
  onPaste: (event: ClipboardEvent, cell: Cell) => void;
};

export function EnvLine({ row, number, onChange, onRemove, onPaste }: Props) {
  const { t } = useTranslation("job-form");
  const { leave, template } = useForm();
  const errorOf = useFieldError();
  const nth = (what: string) => t("env.nth", { what, row: number });
  const cell = (which: Cell) => {
    const field = `env.${row.id}.${which}` as const;
    const id = controlId(field);
    const error = errorOf(field);
    const control = {
      id,
      "aria-invalid": error !== undefined || undefined,
      "aria-describedby": error === undefined ? undefined : `${id}-error`,
      onBlur: () => leave(field),
      onPaste: (event: ClipboardEvent) => onPaste(event, which),
      autoCapitalize: "off",
      className: "font-mono",
    };
    return { control, error: error && { id: `${id}-error`, text: error } };
  };
  const name = cell("name");
  const value = cell("value");
  const secret = row.kind === "secret" && (template === null || wholeName(row.value) === null);
  const short = secret && row.value !== "" && bytesOf(row.value) < SHORTEST_MASKED;
  const notes = [
    secret && t("env.secretHint"),
    short && t("env.short", { count: SHORTEST_MASKED }),
  ].filter((note) => note !== false);

  return (
    <li className="grid max-sm:border-b max-sm:pb-3 grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[minmax(0,2fr)_8.5rem_minmax(0,3fr)_auto]">
      <Input
        {...name.control}
        aria-label={nth(t("env.name"))}
        placeholder={t("env.name")}
        value={row.name}
        onChange={(event) => onChange(renamed(row, event.target.value))}
      />
      <Select
        aria-label={nth(t("env.kind"))}
        value={row.kind}
        options={ENV_KINDS.map((kind) => ({ value: kind, label: t(`env.${kind}`) }))}
        onChange={(kind) => onChange(ofKind(row, kind as EnvKind))}
        className="max-sm:col-start-1 max-sm:row-start-3"
      />
      <Input
        {...value.control}
        // Not of type password: a browser would offer to keep it and to fill in another one.
        type="text"
        style={secret ? MASKED : undefined}
        aria-label={nth(t(row.kind === "stored" ? "env.secretName" : "env.value"))}
        placeholder={t(row.kind === "stored" ? "env.secretName" : "env.value")}
        value={row.value}
        onChange={(event) => onChange({ ...row, value: event.target.value })}
        className="font-mono max-sm:col-span-2 max-sm:row-start-2"
      />
      <IconButton
        icon={Trash2}
        label={t("env.remove", { name: row.name || t("env.unnamed", { row: number }) })}
        onClick={onRemove}
        className="max-sm:col-start-2 max-sm:row-start-1"
      />
      {[name, value].map(
        ({ error }) =>
          error && (
            <p key={error.id} id={error.id} className="col-span-full text-failed text-sm">
              {error.text}
            </p>
          ),
      )}
      {notes.length > 0 && <p className="col-span-full text-muted text-xs">{notes.join(" ")}</p>}
    </li>
  );
}

const MASKED = { WebkitTextSecurity: "disc" } as React.CSSProperties;
