/** One parameter: its name and type in a line, and all of it when it is open. */
import { ArrowDown, ArrowUp, ChevronDown, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ParameterType } from "@/api/queries/templates";
import { Badge } from "@/components/ui/Badge";
import { IconButton } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { Field } from "@/components/ui/Field";
import { Input, Select, Textarea } from "@/components/ui/Input";
import { Checkbox } from "@/components/ui/Toggle";
import { cn } from "@/lib/cn";
import { placeholder } from "@/lib/placeholders";
import { useProblemText } from "../hooks/problems";
import {
  type Cell,
  choicesOf,
  LIMITS,
  PARAMETER_TYPES,
  type ParameterRow,
  type RowIssue,
} from "../model/editor";

type Props = {
  row: ParameterRow;
  issues: readonly RowIssue[];
  unused: boolean;
  open: boolean;
  onOpen: (open: boolean) => void;
  onChange: (row: ParameterRow) => void;
  onLeave: (cell: Cell) => void;
  onRemove: () => void;
  onUp: (() => void) | undefined;
  onDown: (() => void) | undefined;
};

export function ParameterPart(props: Props) {
  const { row, issues, unused, onOpen, onRemove, onUp, onDown } = props;
  const { t } = useTranslation("templates");
  // What is wrong must be in sight.
  const open = props.open || issues.length > 0;
  const name = row.name || t("parameters.unnamed");
  return (
    <li className="min-w-0">
      <div className="flex items-center gap-1 py-1 pr-1 pl-2">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={`${row.id}-part`}
          onClick={() => onOpen(!open)}
          className="flex min-h-9 min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1 rounded-control px-1 text-left hover:text-text pointer-coarse:min-h-11"
        >
          <ChevronDown
            size={16}
            aria-hidden
            className={cn("shrink-0 transition-transform", !open && "-rotate-90")}
          />
          <code className="min-w-0 truncate font-mono text-sm">{name}</code>
          <Badge>{t(`type.${row.type}`)}</Badge>
          {unused && <Badge tone="warn">{t("parameters.unused")}</Badge>}
        </button>
        {row.name !== "" && <Copy text={placeholder(row.name)} what={placeholder(row.name)} />}
        {onUp && <IconButton icon={ArrowUp} label={t("parameters.up", { name })} onClick={onUp} />}
        {onDown && (
          <IconButton icon={ArrowDown} label={t("parameters.down", { name })} onClick={onDown} />
        )}
        <IconButton icon={Trash2} label={t("parameters.remove", { name })} onClick={onRemove} />
      </div>
      <div id={`${row.id}-part`} hidden={!open} className="px-3 pt-1 pb-4">
        {open && <Details {...props} />}
      </div>
    </li>
  );
}

function Details({ row, issues, onChange, onLeave }: Props) {
  const { t } = useTranslation("templates");
  const text = useProblemText();
  const errorOf = (cell: Cell) => {
    const issue = issues.find((one) => one.cell === cell);
    return issue === undefined ? undefined : text(issue);
  };
  const set = (cell: Cell, value: string) => onChange({ ...row, [cell]: value });
  const cell = (which: Cell, more: { hint?: string; wide?: boolean; mono?: boolean } = {}) => (
    <Field
      key={which}
      id={`${row.id}-${which}`}
      label={t(`cell.${which}`)}
      hint={more.hint}
      error={errorOf(which)}
      className={more.wide ? "sm:col-span-2" : ""}
    >
      <Input
        value={row[which]}
        autoCapitalize="off"
        className={more.mono ? "font-mono" : undefined}
        onBlur={() => onLeave(which)}
        onChange={(event) => set(which, event.target.value)}
      />
    </Field>
  );
  const limits: readonly Cell[] = LIMITS[row.type];
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {cell("name", { mono: true })}
      <Field label={t("cell.type")} id={`${row.id}-type`}>
        <Select
          value={row.type}
          options={PARAMETER_TYPES.map((value) => ({ value, label: t(`type.${value}`) }))}
          onChange={(type) => onChange({ ...row, type: type as ParameterType, default: "" })}
        />
      </Field>
      {cell("label", { hint: t("cellHint.label") })}
      {cell("description")}
      {limits.includes("choices") && (
        <Field
          id={`${row.id}-choices`}
          label={t("cell.choices")}
          hint={t("cellHint.choices")}
          error={errorOf("choices")}
          className="sm:col-span-2"
        >
          <Textarea
            value={row.choices}
            onBlur={() => onLeave("choices")}
            onChange={(event) => set("choices", event.target.value)}
          />
        </Field>
      )}
      {limits
        .filter((limit) => limit !== "choices")
        .map((limit) =>
          limit === "pattern"
            ? cell(limit, { hint: t("cellHint.pattern"), mono: true })
            : limit === "schemes"
              ? cell(limit, { hint: t("cellHint.schemes"), mono: true })
              : cell(limit),
        )}
      <Default row={row} error={errorOf("default")} onChange={set} onLeave={onLeave} />
      <span className="flex min-h-9 items-center pointer-coarse:min-h-11 sm:col-span-2">
        <Checkbox checked={row.required} onChange={(required) => onChange({ ...row, required })}>
          {t("cell.required")}
        </Checkbox>
      </span>
    </div>
  );
}

type DefaultProps = {
  row: ParameterRow;
  error: string | undefined;
  onChange: (cell: Cell, value: string) => void;
  onLeave: (cell: Cell) => void;
};

/** What is taken when nothing is said; of a secret the name of a stored one, never its value. */
function Default({ row, error, onChange, onLeave }: DefaultProps) {
  const { t } = useTranslation("templates");
  const choices =
    row.type === "boolean"
      ? (["true", "false"] as const).map((value) => ({ value, label: t(`boolean.${value}`) }))
      : row.type === "choice"
        ? choicesOf(row).map((value) => ({ value, label: value }))
        : null;
  return (
    <Field
      id={`${row.id}-default`}
      label={t(row.type === "secret" ? "cell.storedDefault" : "cell.default")}
      hint={row.type === "secret" ? t("cellHint.secret") : undefined}
      error={error}
    >
      {choices === null ? (
        <Input
          value={row.default}
          autoCapitalize="off"
          onBlur={() => onLeave("default")}
          onChange={(event) => onChange("default", event.target.value)}
        />
      ) : (
        <Select
          value={row.default}
          options={[{ value: "", label: t("cell.noDefault") }, ...choices]}
          onChange={(value) => onChange("default", value)}
        />
      )}
    </Field>
  );
}
