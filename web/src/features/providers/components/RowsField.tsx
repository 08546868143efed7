/** A list or a map: rows that come and go. */
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { cn } from "@/lib/cn";
import { controlId, useIssue, useWords } from "../hooks/form";
import { draftOf, newRow, type Row, type Rows } from "../model/draft";
import { entryPath } from "../model/read";
import type { ListField, MapField } from "../model/schema";
import { type FieldProps, SchemaField } from "./SchemaField";

type Props = Omit<FieldProps<ListField | MapField>, "value"> & { value: Rows };

export function RowsField({ field, path, value, onChange, label }: Props) {
  const { t } = useTranslation("providers");
  const { title, description } = useWords(field);
  const error = useIssue(path);
  const { rows } = value;
  const set = (next: readonly Row[]) => onChange({ kind: "rows", rows: next });
  const add = () => set([...rows, newRow(draftOf(field.item, undefined))]);
  const wide = field.item.kind === "group" || field.kind === "map";
  return (
    <fieldset
      id={controlId(path)}
      tabIndex={-1}
      aria-describedby={error === undefined ? undefined : `${controlId(path)}-error`}
      className="min-w-0"
    >
      <legend className="text-sm font-medium">{label ?? title}</legend>
      {description !== "" && <p className="mt-0.5 text-sm text-muted">{description}</p>}
      {error !== undefined && (
        <p id={`${controlId(path)}-error`} className="mt-0.5 text-sm text-failed">
          {error}
        </p>
      )}
      <div className={cn("mt-2 grid gap-y-2", wide ? "gap-y-4" : "gap-x-6 sm:grid-cols-2")}>
        {rows.map((row, index) => (
          <Entry
            key={row.id}
            field={field}
            path={path}
            index={index}
            row={row}
            onChange={(next) => set(rows.with(index, next))}
            onRemove={() => set(rows.toSpliced(index, 1))}
          />
        ))}
        {rows.length < field.most && (
          <Button size="sm" icon={Plus} onClick={add} className="justify-self-start">
            {t("rows.add")}
          </Button>
        )}
      </div>
    </fieldset>
  );
}

type EntryProps = {
  field: ListField | MapField;
  path: string;
  index: number;
  row: Row;
  onChange(row: Row): void;
  onRemove(): void;
};

function Entry({ field, path, index, row, onChange, onRemove }: EntryProps) {
  const { t } = useTranslation("providers");
  const { title } = useWords(field);
  const what = t("rows.nth", { what: title, row: index + 1 });
  const keyed = field.kind === "map";
  const at = keyed ? entryPath(path, index) : `${path}[${index}]`;
  const setKey = (key: string) => onChange({ ...row, key });
  const setValue = (value: Row["value"]) => onChange({ ...row, value });
  const remove = <IconButton icon={Trash2} label={t("rows.remove", { what })} onClick={onRemove} />;
  if (field.item.kind === "group") {
    return (
      <div className="flex flex-col gap-3 border-l-2 border-hairline pl-4">
        <div className="flex items-end gap-2">
          <span className="min-w-0 flex-1">
            {keyed ? (
              <Key
                path={`${at}.key`}
                value={row.key}
                onChange={setKey}
                label={t("rows.key")}
                shown
              />
            ) : (
              <span className="text-sm font-medium text-muted">{what}</span>
            )}
          </span>
          {remove}
        </div>
        <SchemaField
          field={field.item}
          path={keyed ? `${at}.value` : at}
          value={row.value}
          onChange={setValue}
        />
      </div>
    );
  }
  return (
    <div className="flex items-start gap-2">
      {keyed && (
        <span className="min-w-0 flex-1">
          <Key
            path={`${at}.key`}
            value={row.key}
            onChange={setKey}
            label={`${what}: ${t("rows.key")}`}
          />
        </span>
      )}
      <span className="min-w-0 flex-1">
        <Key
          path={keyed ? `${at}.value` : at}
          value={typeof row.value === "string" ? row.value : ""}
          onChange={setValue}
          label={keyed ? `${what}: ${t("rows.value")}` : what}
        />
      </span>
      {remove}
    </div>
  );
}

type KeyProps = {
  path: string;
  value: string;
  onChange(value: string): void;
  label: string;
  /** Whether the label is seen too. */
  shown?: boolean;
};

function Key({ path, value, onChange, label, shown = false }: KeyProps) {
  const error = useIssue(path);
  const id = controlId(path);
  return (
    <>
      {shown && (
        <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
          {label}
        </label>
      )}
      <Input
        id={id}
        aria-label={shown ? undefined : label}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        autoCapitalize="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {error !== undefined && (
        <p id={`${id}-error`} className="mt-1 text-sm text-failed">
          {error}
        </p>
      )}
    </>
  );
}
