/** The fields of an object; one that may be left out has a switch. */
import { Switch } from "@/components/ui/Toggle";
import { controlId, useIssue, useWords } from "../hooks/form";
import type { Draft, Group } from "../model/draft";
import { pathTo } from "../model/read";
import type { Field, GroupField } from "../model/schema";
import { type FieldProps, SchemaField } from "./SchemaField";

type Props = Omit<FieldProps<GroupField>, "value"> & { value: Group };

export function GroupFields({ field, path, value, onChange, label }: Props) {
  const { title, description } = useWords(field);
  const error = useIssue(path);
  const inner = (
    <Fields
      fields={field.fields}
      path={path}
      group={value}
      onChange={(values) => onChange({ ...value, values })}
    />
  );
  if (field.name === "") return inner; // an entry of a list or map: the row is its frame
  return (
    <fieldset id={controlId(path)} tabIndex={-1} className="min-w-0">
      <legend className="sr-only">{label ?? title}</legend>
      {field.optional ? (
        <Switch
          checked={value.on}
          onChange={(on) => onChange({ ...value, on })}
          label={label ?? title}
          hint={description}
        />
      ) : (
        <p className="text-sm font-medium">{label ?? title}</p>
      )}
      {error !== undefined && <p className="mt-1 text-sm text-failed">{error}</p>}
      {value.on && <div className="mt-3 border-l-2 border-hairline pl-4">{inner}</div>}
    </fieldset>
  );
}

type FieldsProps = {
  fields: readonly Field[];
  path: string;
  group: Group;
  onChange(values: Group["values"]): void;
};

const WIDE = new Set(["list", "map", "group", "json"]);

/** Fields one beside the other where there is room; lists and groups take the whole width. */
export function Fields({ fields, path, group, onChange }: FieldsProps) {
  return (
    <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
      {fields.map((field) => {
        const draft = group.values[field.name];
        if (draft === undefined) return null;
        const set = (value: Draft) => onChange({ ...group.values, [field.name]: value });
        return (
          <div
            key={field.name}
            className={WIDE.has(field.kind) ? "min-w-0 sm:col-span-2" : "min-w-0"}
          >
            <SchemaField
              field={field}
              path={pathTo(path, field.name)}
              value={draft}
              onChange={set}
            />
          </div>
        );
      })}
    </div>
  );
}
