/** What a page that broke shows; a page that is gone since a new version offers to reload. */
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/problem";
import { Button } from "@/components/ui/Button";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { Page } from "@/components/ui/Page";

/** What browsers say when a chunk of the previous build is asked for. */
const GONE = /dynamically imported module|importing a module script|module script failed/i;

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError) {
    return (
      <Page title={t("crash.title")}>
        <ErrorState error={error} onRetry={retry} />
      </Page>
    );
  }
  const outdated = GONE.test(message);
  const title = outdated ? t("update.title") : t("crash.title");
  return (
    <Page title={title}>
      <EmptyState
        title={title}
        action={
          <Button look="primary" onClick={outdated ? () => location.reload() : retry}>
            {outdated ? t("update.reload") : t("action.retry")}
          </Button>
        }
      >
        {!outdated && (
          <>
            <p>{t("crash.detail")}</p>
            <pre className="mt-3 overflow-x-auto text-left font-mono text-sm whitespace-pre-wrap">
              {message}
            </pre>
          </>
        )}
      </EmptyState>
    </Page>
  );
}
