/** Controls of a parameter's field: numbers as they are typed, texts, and secrets. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { Input, Select, Textarea } from "@/components/ui/Input";
import { numberOf } from "@/features/job-form";
import { isStored } from "../model/parameters";

type Props = { value: unknown; onChange: (value: unknown) => void };

/** Gives a number once there is one, and until then the text, which is then refused as such. */
export function NumberField({ value, onChange }: Props) {
  const [typed, setTyped] = useState("");
  const mine = typed !== "" && (numberOf(typed) === value || typed === value);
  return (
    <Input
      inputMode="decimal"
      className="numeric sm:max-w-60"
      value={mine ? typed : value === undefined ? "" : String(value)}
      onChange={(event) => {
        const text = event.target.value;
        const number = numberOf(text);
        setTyped(text);
        onChange(text.trim() === "" ? undefined : Number.isNaN(number) ? text : number);
      }}
    />
  );
}

const LONG = 120;

export function TextField({ value, onChange, parameter }: Props & { parameter: Parameter }) {
  const text = value === undefined ? "" : String(value);
  // A text that has a default can be emptied; any other is left out when it is empty.
  const change = (next: string) =>
    onChange(next === "" && parameter.default == null ? undefined : next);
  const long = parameter.type === "string" && (text.includes("\n") || text.length > LONG);
  if (long) return <Textarea value={text} onChange={(event) => change(event.target.value)} />;
  return (
    <Input
      value={text}
      autoCapitalize="off"
      className={parameter.type === "file" ? "font-mono" : undefined}
      onChange={(event) => change(event.target.value)}
    />
  );
}

const MASKED = { WebkitTextSecurity: "disc" } as React.CSSProperties;

/** A value that is sealed on its way, or the name of a secret of the project. */
export function SecretField({ id, value, onChange }: Props & { id: string }) {
  const { t } = useTranslation("templates");
  const stored = isStored(value);
  const text = stored ? value.secret : value === undefined ? "" : String(value);
  const give = (next: string, byName: boolean) =>
    onChange(byName ? { secret: next } : next === "" ? undefined : next);
  return (
    <span className="grid gap-2 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <Select
        id={`${id}-kind`}
        aria-label={t("secret.kind")}
        value={stored ? "stored" : "value"}
        options={[
          { value: "value", label: t("secret.value") },
          { value: "stored", label: t("secret.stored") },
        ]}
        onChange={(kind) => give("", kind === "stored")}
      />
      <Input
        // Not of type password: a browser would offer to keep it and to fill in another one.
        type="text"
        style={stored ? undefined : MASKED}
        autoCapitalize="off"
        placeholder={stored ? t("secret.name") : undefined}
        className="font-mono"
        value={text}
        onChange={(event) => give(event.target.value, stored)}
      />
    </span>
  );
}

/** The name of a secret of the project, where no value may be kept. */
export function StoredSecretField({ value, onChange }: Props) {
  const { t } = useTranslation("templates");
  return (
    <Input
      autoCapitalize="off"
      placeholder={t("secret.name")}
      className="font-mono"
      value={isStored(value) ? value.secret : ""}
      onChange={(event) => {
        const name = event.target.value;
        onChange(name === "" ? undefined : { secret: name });
      }}
    />
  );
}
