/** What a refused sign-in says, and how long one has to wait for the next try. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, isApiError } from "@/api/problem";
import { useErrorDetail } from "@/components/ui/feedback";
import { formatDuration } from "@/lib/format";

/** Seconds until the server wants to be asked again, counted down from each new refusal. */
export function useWait(error: unknown): number {
  const until = error instanceof ApiError && error.status === 429 ? error.retryAfter : 0;
  const [left, setLeft] = useState(until);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal counts anew
  useEffect(() => {
    setLeft(until);
    if (until <= 0) return;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [until, error]);
  return left;
}

/** `refused` is what is said about credentials that are not accepted. */
export function useRefusalText(error: unknown, wait: number, refused: string) {
  const { t, i18n } = useTranslation("auth");
  const detail = useErrorDetail();
  if (error === null) return undefined;
  if (error instanceof ApiError && error.status === 429) {
    return wait > 0
      ? t("signIn.wait", { time: formatDuration(wait * 1000, i18n.language) })
      : undefined;
  }
  return isApiError(error, "unauthenticated") ? refused : detail(error);
}
