/** Signing in with a token. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSignIn } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { PasswordInput } from "@/components/ui/PasswordInput";
import { Refused } from "./Refused";
import { useRefusalText, useWait } from "./useRefusalText";

type TokenFormProps = { devMode: boolean; onDone(): void };

export function TokenForm({ devMode, onDone }: TokenFormProps) {
  const { t } = useTranslation("auth");
  const signIn = useSignIn();
  const [token, setToken] = useState("");
  const [blank, setBlank] = useState(false);
  const wait = useWait(signIn.error);
  const refusal = useRefusalText(signIn.error, wait, t("signIn.refused"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const shown = token.trim();
    setBlank(shown === "");
    if (shown === "" || wait > 0 || signIn.isPending) return;
    signIn.mutate({ token: shown }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <Refused text={refusal} />
      <Field
        label={t("signIn.token")}
        error={blank ? t("signIn.empty") : undefined}
        hint={t(devMode ? "signIn.devHint" : "signIn.tokenHint")}
        required
      >
        <PasswordInput
          autoComplete="current-password"
          autoFocus
          maxLength={200}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </Field>
      <Button type="submit" look="primary" busy={signIn.isPending} disabled={wait > 0}>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
