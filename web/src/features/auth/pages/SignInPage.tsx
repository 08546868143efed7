/** Signing in: with a password, with a token, or at another service that knows the person. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate, useRouter } from "@tanstack/react-router";
import { LogIn } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { type Me, meQuery } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { buttonStyle } from "@/components/ui/button-style";
import { Banner, ErrorState, Loading, Skeleton } from "@/components/ui/feedback";
import { cn } from "@/lib/cn";
import { Bare } from "../components/Bare";
import { PasswordForm } from "../components/PasswordForm";
import { Refused } from "../components/Refused";
import { TokenForm } from "../components/TokenForm";
import { safeNext } from "../model/next";

const route = getRouteApi("/sign-in");

type Ways = Me["sign_in"];

/** What was known before counts for nothing; a cookie of a sign-in that is over goes with the first no. */
const ANEW = {
  staleTime: 0,
  retry: (failures: number, error: Error) => failures < 1 && isApiError(error, "unauthenticated"),
  retryDelay: 0,
};

export default function SignInPage() {
  const { t } = useTranslation("auth");
  const router = useRouter();
  const { next } = route.useSearch();
  const { data: me, error, isFetchedAfterMount, refetch } = useQuery({ ...meQuery(), ...ANEW });
  const go = () => router.history.push(safeNext(next));
  if (me === undefined || error !== null || !isFetchedAfterMount) {
    return (
      <Bare title={t("signIn.title")}>
        {error === null ? (
          <Loading>
            <Skeleton className="h-48" />
          </Loading>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} className="p-0" />
        )}
      </Bare>
    );
  }
  if (me.setup_needed && me.sign_in.required) return <Navigate to="/setup" replace />;
  if (me.sign_in.methods.length === 0) {
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
      <Why />
      {me.via === "session" && <Already me={me} onContinue={go} />}
      <Choices ways={me.sign_in} devMode={me.dev_mode} next={safeNext(next)} onDone={go} />
    </Bare>
  );
}

/** Why this page is here: a session that is over, or another service that said no. */
function Why() {
  const { t } = useTranslation("auth");
  const { reason, error } = route.useSearch();
  if (error !== undefined) {
    return (
      <div className="pb-5">
        <Refused text={t("signIn.elsewhereFailed", { reason: error })} />
      </div>
    );
  }
  return reason === "expired" ? <Banner className="mb-5">{t("signIn.expired")}</Banner> : null;
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

type ChoicesProps = { ways: Ways; devMode: boolean; next: string; onDone(): void };

function Choices({ ways, devMode, next, onDone }: ChoicesProps) {
  const { t } = useTranslation("auth");
  const passwords = ways.methods.includes("password");
  const tokens = ways.methods.includes("token");
  const [byToken, setByToken] = useState(!passwords || devMode);
  return (
    <>
      {ways.oidc !== null && (
        <>
          <a
            href={`${ways.oidc.url}?next=${encodeURIComponent(next)}`}
            className={cn(buttonStyle({ look: "secondary" }), "w-full")}
          >
            <LogIn size={16} aria-hidden />
            {t("signIn.elsewhere", { name: ways.oidc.name })}
          </a>
          {(passwords || tokens) && <Or />}
        </>
      )}
      {byToken && tokens ? (
        <TokenForm devMode={devMode} onDone={onDone} />
      ) : (
        passwords && <PasswordForm onDone={onDone} />
      )}
      {passwords && tokens && (
        <Button look="quiet" className="mt-3 self-center" onClick={() => setByToken(!byToken)}>
          {t(byToken ? "signIn.usePassword" : "signIn.useToken")}
        </Button>
      )}
    </>
  );
}

function Or() {
  const { t } = useTranslation("auth");
  return (
    <p className="flex items-center gap-3 py-5 text-sm text-subtle before:h-px before:flex-1 before:bg-hairline after:h-px after:flex-1 after:bg-hairline">
      {t("signIn.or")}
    </p>
  );
}
