/** Changing one's own password: every other session ends with it. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { useChangePassword } from "@/api/queries/access";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Field } from "@/components/ui/Field";
import { useErrorDetail } from "@/components/ui/feedback";
import { PasswordInput } from "@/components/ui/PasswordInput";
import { toast } from "@/components/ui/toast";
import { LEAST_PASSWORD, useViolations } from "../hooks/violations";

export function Password() {
  const { t } = useTranslation("settings");
  const change = useChangePassword();
  const detail = useErrorDetail();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [asked, setAsked] = useState(false);
  const said = useViolations(change.error);
  const short = [...next].length < LEAST_PASSWORD;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (old === "" || short) return;
    change.mutate(
      { old, new: next },
      {
        onSuccess: () => {
          setOld("");
          setNext("");
          setAsked(false);
          toast.done(t("password.done"));
        },
      },
    );
  };
  const refused =
    change.error === null || said("new") !== undefined
      ? undefined
      : isApiError(change.error, "forbidden", "invalid_request") || said("old") !== undefined
        ? t("password.wrong")
        : detail(change.error);
  return (
    <Card id="password" title={t("password.title")}>
      <form onSubmit={submit} noValidate className="grid items-start gap-4 sm:grid-cols-2">
        <Field
          label={t("password.old")}
          error={asked && old === "" ? t("password.needed") : refused}
        >
          <PasswordInput
            autoComplete="current-password"
            maxLength={256}
            value={old}
            onChange={(event) => setOld(event.target.value)}
          />
        </Field>
        <Field
          label={t("password.new")}
          hint={t("password.hint", { least: LEAST_PASSWORD })}
          error={asked && short ? t("password.short", { least: LEAST_PASSWORD }) : said("new")}
        >
          <PasswordInput
            autoComplete="new-password"
            maxLength={256}
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
        </Field>
        <Button type="submit" busy={change.isPending} className="justify-self-start">
          {t("password.submit")}
        </Button>
      </form>
    </Card>
  );
}
