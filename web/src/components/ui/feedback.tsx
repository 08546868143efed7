/** What stands in for content: while it loads, when there is none, when it failed, when it is forbidden. */
import { CircleAlert, Info, Lock, type LucideIcon, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/problem";
import { langOf } from "@/i18n/phrases";
import { cn } from "@/lib/cn";
import { Button } from "./Button";
import { Copy } from "./Copy";

const SKELETON_AFTER_MS = 200;

/** A grey shape of the final size; what comes at once never flashes it. */
export function Skeleton({ className }: { className?: string }) {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <span
      aria-hidden
      className={cn(
        "block rounded-control",
        visible && "animate-pulse-soft bg-raised",
        className ?? "h-5 w-full",
      )}
    />
  );
}

/** Wraps skeletons: one word for screen readers. */
export function Loading({ children, className }: { children: ReactNode; className?: string }) {
  const { t } = useTranslation();
  return (
    <div role="status" data-loading="" className={className}>
      <span className="sr-only">{t("loading")}</span>
      {children}
    </div>
  );
}

type EmptyStateProps = {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
};

export const EmptyState = ({ icon: Icon, title, children, action, className }: EmptyStateProps) => (
  <div className={cn("flex flex-col items-center gap-2 px-4 py-12 text-center", className)}>
    {Icon && <Icon size={24} aria-hidden className="mb-1 text-subtle" strokeWidth={1.5} />}
    <h2 className="text-lg">{title}</h2>
    {children && <div className="max-w-md text-muted">{children}</div>}
    {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
  </div>
);

/** The title of an error in the page's language: known by its code. */
export function useErrorTitle(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    const code = error instanceof ApiError ? error.code : "unknown";
    const key = `error.title.${code}`;
    return i18n.exists(key) ? t(key as "error.title.unknown") : t("error.title.unknown");
  };
}

/** What the server said beyond the title. */
export function useErrorDetail(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof ApiError && error.code === "network") return t("error.network");
    return error instanceof Error ? error.message : String(error);
  };
}

function useCountdown(seconds: number): number {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    setLeft(seconds);
    if (seconds <= 0) return;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return left;
}

type ErrorStateProps = { error: unknown; onRetry?: () => void; className?: string };

/** Why something could not be read, with the id that finds it in the server's log. */
export function ErrorState({ error, onRetry, className }: ErrorStateProps) {
  const { t } = useTranslation();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const wait = useCountdown(error instanceof ApiError ? error.retryAfter : 0);
  if (error instanceof ApiError && error.code === "forbidden") return <Forbidden />;
  const id = error instanceof ApiError ? error.correlationId : "";
  const words = detail(error);
  return (
    <div role="alert" className={cn("flex flex-col items-start gap-2 p-5", className)}>
      <p className="flex items-center gap-2 font-medium">
        <CircleAlert size={16} aria-hidden className="shrink-0 text-failed" />
        {title(error)}
      </p>
      <p
        lang={id === "" ? undefined : langOf(words)}
        className="text-muted [overflow-wrap:anywhere]"
      >
        {words}
      </p>
      {id !== "" && (
        <p className="flex flex-wrap items-center gap-1 text-sm text-subtle">
          {t("error.correlation")} <code className="font-mono [overflow-wrap:anywhere]">{id}</code>
          <Copy text={id} what={t("error.correlation")} />
        </p>
      )}
      {onRetry && (
        <Button size="sm" onClick={onRetry} disabled={wait > 0} className="mt-1">
          {wait > 0 ? t("error.retryIn", { count: wait }) : t("action.retry")}
        </Button>
      )}
    </div>
  );
}

/** In place of what the caller may not see. */
export function Forbidden({ permission }: { permission?: string }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={Lock} title={t("forbidden.title")}>
      {permission !== undefined && t("forbidden.detail", { permission })}
    </EmptyState>
  );
}

type BannerTone = "info" | "warn" | "bad";
const BANNERS: Readonly<Record<BannerTone, { icon: LucideIcon; style: string }>> = {
  info: { icon: Info, style: "tint-running [&>svg]:text-running" },
  warn: { icon: TriangleAlert, style: "tint-timeout [&>svg]:text-timeout" },
  bad: { icon: CircleAlert, style: "tint-failed [&>svg]:text-failed" },
};

type BannerProps = {
  tone?: BannerTone;
  children: ReactNode;
  action?: ReactNode;
  className?: string;
};

/** A message that stays for as long as it is true. */
export function Banner({ tone = "info", children, action, className }: BannerProps) {
  const { icon: Icon, style } = BANNERS[tone];
  return (
    <div
      role="status"
      className={cn(
        "flex flex-wrap items-center gap-x-3 gap-y-1 rounded-card px-4 py-2.5",
        style,
        className,
      )}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  );
}
