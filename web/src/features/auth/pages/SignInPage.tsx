/** Signing in with a token, where the server asks for one. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { type Me, meQuery, useSignIn } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { ErrorState, Loading, Skeleton, useErrorDetail } from "@/components/ui/feedback";
import { Input } from "@/components/ui/Input";
import { Bare } from "../components/Bare";
import { safeNext } from "../model/next";

const route = getRouteApi("/sign-in");

export default function SignInPage() {
  const { t } = useTranslation("auth");
  const router = useRouter();
  const { next } = route.useSearch();
  // A server that asks everybody to sign in answers even this question with 401.
  const { data: me, error, refetch } = useQuery({ ...meQuery(), retry: false });
  const go = () => router.history.push(safeNext(next));
  const refused = isApiError(error, "unauthenticated");
  if (me?.sign_in.methods.length === 0) {
    return (
      <Bare title={t("signIn.none")}>
        <p className="pb-5 text-muted">{t("signIn.noneText")}</p>
        <Button look="primary" onClick={go}>
          {t("signIn.continue")}
        </Button>
      </Bare>
    );
  }
  return (
    <Bare title={t("signIn.title")}>
      {me === undefined && error === null ? (
        <Loading>
          <Skeleton className="h-32" />
        </Loading>
      ) : me === undefined && !refused ? (
        <ErrorState error={error} onRetry={() => void refetch()} className="p-0" />
      ) : (
        <>
          {me?.via === "session" && <Already me={me} onContinue={go} />}
          <TokenForm devMode={me?.dev_mode ?? false} onDone={go} />
        </>
      )}
    </Bare>
  );
}

function Already({ me, onContinue }: { me: Me; onContinue(): void }) {
  const { t } = useTranslation("auth");
  return (
    <p className="flex items-center justify-between gap-4 pb-6">
      {t("signIn.already", { name: me.owner })}
      <Button onClick={onContinue}>{t("signIn.continue")}</Button>
    </p>
  );
}

function TokenForm({ devMode, onDone }: { devMode: boolean; onDone(): void }) {
  const { t } = useTranslation("auth");
  const signIn = useSignIn();
  const detail = useErrorDetail();
  const [token, setToken] = useState("");
  const [blank, setBlank] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBlank(token.trim() === "");
    if (token.trim() !== "") signIn.mutate(token.trim(), { onSuccess: onDone });
  };
  const error = blank
    ? t("signIn.empty")
    : isApiError(signIn.error, "unauthenticated")
      ? t("signIn.refused")
      : signIn.error === null
        ? undefined
        : detail(signIn.error);
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <Field
        label={t("signIn.token")}
        error={error}
        hint={t(devMode ? "signIn.devHint" : "signIn.tokenHint")}
        required
      >
        <Input
          type="password"
          autoComplete="current-password"
          autoFocus
          maxLength={200}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </Field>
      <Button type="submit" look="primary" busy={signIn.isPending}>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
