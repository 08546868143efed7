/** Where a trigger takes each parameter from: its default, the body of the call, or a fixed value. */
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { Input, Select } from "@/components/ui/Input";
import { type Choice, KINDS, type SourceKind } from "../model/trigger";
import { ParameterFields } from "./ParameterFields";

type Props = {
  parameters: readonly Parameter[];
  choices: Readonly<Record<string, Choice>>;
  onChange: (choices: Record<string, Choice>) => void;
  problems: Readonly<Record<string, string>>;
};

export function SourceFields({ parameters, choices, onChange, problems }: Props) {
  const { t } = useTranslation("templates");
  return (
    <fieldset className="flex min-w-0 flex-col gap-4">
      <legend className="mb-1.5 font-medium text-sm">{t("parameters.title")}</legend>
      {parameters.map((parameter) => {
        const choice = choices[parameter.name];
        if (choice === undefined) return null;
        return (
          <SourceField
            key={parameter.name}
            parameter={parameter}
            choice={choice}
            onChange={(next) => onChange({ ...choices, [parameter.name]: next })}
            problem={problems[parameter.name]}
          />
        );
      })}
    </fieldset>
  );
}

type FieldProps = {
  parameter: Parameter;
  choice: Choice;
  onChange: (choice: Choice) => void;
  problem: string | undefined;
};

function SourceField({ parameter, choice, onChange, problem }: FieldProps) {
  const { t } = useTranslation("templates");
  const { name } = parameter;
  const errorId = `source-${name}-error`;
  const fixed = choice.kind === "value";
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="grid items-center gap-2 sm:grid-cols-[minmax(0,1fr)_12rem_minmax(0,1.5fr)]">
        <code className="min-w-0 truncate font-mono text-sm">{name}</code>
        <Select
          aria-label={t("trigger.sourceOf", { name })}
          value={choice.kind}
          options={KINDS.map((value) => ({ value, label: t(`trigger.kind.${value}`) }))}
          onChange={(kind) => onChange({ ...choice, kind: kind as SourceKind })}
        />
        {choice.kind === "pointer" && (
          <Input
            aria-label={t("trigger.pointerOf", { name })}
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={problem === undefined ? undefined : errorId}
            value={choice.pointer}
            autoCapitalize="off"
            className="font-mono"
            onChange={(event) => onChange({ ...choice, pointer: event.target.value })}
          />
        )}
      </div>
      {fixed && (
        <div className="border-hairline border-l pl-4">
          <ParameterFields
            prefix="fixed"
            storedSecrets
            parameters={[parameter]}
            values={choice.value === undefined ? {} : { [name]: choice.value }}
            onChange={(values) => onChange({ ...choice, value: values[name] })}
            {...(problem !== undefined && { violations: { [name]: problem } })}
          />
        </div>
      )}
      {!fixed && problem !== undefined && (
        <p id={errorId} className="text-sm text-failed">
          {problem}
        </p>
      )}
    </div>
  );
}
