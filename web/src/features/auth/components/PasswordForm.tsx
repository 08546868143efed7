/** Signing in with a name and a password. */
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSignIn } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { PasswordInput } from "@/components/ui/PasswordInput";
import { Refused } from "./Refused";
import { useRefusalText, useWait } from "./useRefusalText";

export function PasswordForm({ onDone }: { onDone(): void }) {
  const { t } = useTranslation("auth");
  const signIn = useSignIn();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [asked, setAsked] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const wait = useWait(signIn.error);
  const refusal = useRefusalText(signIn.error, wait, t("signIn.wrong"));
  // A wrong password is typed again, not looked for.
  useEffect(() => {
    if (signIn.isError) field.current?.select();
  }, [signIn.isError]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (wait > 0 || signIn.isPending || name.trim() === "" || password === "") return;
    signIn.mutate({ name: name.trim(), password }, { onSuccess: onDone });
  };
  const missing = (value: string) => (asked && value === "" ? t("signIn.missing") : undefined);
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <Refused text={refusal} />
      <Field label={t("signIn.name")} error={missing(name.trim())} required>
        <Input
          autoComplete="username"
          autoCapitalize="off"
          autoFocus
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field label={t("signIn.password")} error={missing(password)} required>
        <PasswordInput
          ref={field}
          autoComplete="current-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      <Button type="submit" look="primary" busy={signIn.isPending} disabled={wait > 0}>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
