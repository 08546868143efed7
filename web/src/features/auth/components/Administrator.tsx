/** The first user of a server: whoever fills this in may do everything. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, isApiError } from "@/api/problem";
import { useSetup } from "@/api/queries/access";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { PasswordInput } from "@/components/ui/PasswordInput";
import { LEAST_PASSWORD, violationOf } from "../model/violations";
import { Refused } from "./Refused";
import { useRefusalText, useWait } from "./useRefusalText";

type AdministratorProps = {
  /** Whether the server listens to more than this machine, and wants its code shown. */
  code: boolean;
};

export function Administrator({ code: wanted }: AdministratorProps) {
  const { t } = useTranslation("auth");
  const setup = useSetup();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState(false);
  const wait = useWait(setup.error);
  const refusal = useRefusalText(setup.error, wait, "");
  const told = isApiError(setup.error, "forbidden") ? t("setup.codeWrong") : refusal;
  const said = violationOf(setup.error);
  // An older page may not know that the server wants one.
  const coded = wanted || said("code") !== undefined;
  const short = [...password].length < LEAST_PASSWORD;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (name.trim() === "" || short || (coded && code.trim() === "") || wait > 0) return;
    setup.mutate({ name: name.trim(), password, ...(coded && { code: code.trim() }) });
  };
  const refused =
    setup.error instanceof ApiError && setup.error.violations.length > 0 ? undefined : told;
  const missing = (value: string) =>
    asked && value.trim() === "" ? t("signIn.missing") : undefined;
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <Refused text={refused} />
      <Field
        label={t("setup.name")}
        hint={t("setup.nameHint")}
        error={missing(name) ?? said("name")}
        required
      >
        <Input
          autoComplete="username"
          autoCapitalize="off"
          autoFocus
          maxLength={63}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field
        label={t("signIn.password")}
        hint={t("setup.passwordHint", { least: LEAST_PASSWORD })}
        error={
          asked && short ? t("setup.passwordShort", { least: LEAST_PASSWORD }) : said("password")
        }
        required
      >
        <PasswordInput
          autoComplete="new-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      {coded && (
        <Field
          label={t("setup.code")}
          hint={t("setup.codeHint")}
          error={missing(code) ?? said("code")}
          required
        >
          <Input
            autoComplete="one-time-code"
            autoCapitalize="off"
            maxLength={200}
            value={code}
            className="font-mono"
            onChange={(event) => setCode(event.target.value)}
          />
        </Field>
      )}
      <Button type="submit" look="primary" busy={setup.isPending} disabled={wait > 0}>
        {t("setup.create")}
      </Button>
    </form>
  );
}
