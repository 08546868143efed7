/** What stands in the console when there is no line to show, and why. */
import { useQuery } from "@tanstack/react-query";
import {
  Archive,
  CircleDashed,
  Eraser,
  FileX2,
  ListFilter,
  Lock,
  type LucideIcon,
  SearchX,
  TriangleAlert,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/problem";
import { explainQuery, TERMINAL } from "@/api/queries/jobs";
import { sentence } from "@/components/placement/Rejections";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { Said } from "@/components/ui/Said";
import { formatMoment } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";
import type { Viewer } from "../hooks/useViewer";
import type { Change, Settings } from "../model/settings";

type EmptyProps = { viewer: Viewer; settings: Settings; onChange: Change };

/** Null when there are lines, or when it is not known yet. */
export function Empty({ viewer, settings, onChange }: EmptyProps): ReactNode {
  const { jobError, base, list, rows, session } = viewer;
  const error = jobError ?? base?.error ?? (list === base ? undefined : list?.error);
  if (error) return <Refused error={error} settings={settings} onChange={onChange} />;
  if (viewer.job === undefined) return null;
  if (viewer.attempt === undefined) return <NotStarted viewer={viewer} />;
  if (base?.meta === undefined || !list?.ready) return null;
  if (base.meta.expired) return <Expired viewer={viewer} />;
  if (base.store.total === 0) return <NoLines viewer={viewer} />;
  if (rows.count > 0) return null;
  if (session.cleared >= base.store.total) return <Cleared viewer={viewer} />;
  return <FilteredOut settings={settings} onChange={onChange} />;
}

type NoteProps = {
  icon: LucideIcon;
  title: string;
  state: string;
  children?: ReactNode;
  action?: ReactNode;
};

const Note = ({ icon: Icon, title, state, children, action }: NoteProps) => (
  <div
    data-log-empty={state}
    className="absolute inset-0 grid place-content-center justify-items-center gap-2 overflow-auto bg-console p-6 text-center"
  >
    <Icon size={24} aria-hidden strokeWidth={1.5} className="text-subtle" />
    <h2 className="text-lg">{title}</h2>
    {children && <div className="max-w-md text-muted [overflow-wrap:anywhere]">{children}</div>}
    {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
  </div>
);

function Refused({ error, onChange }: Omit<EmptyProps, "viewer"> & { error: unknown }) {
  const { t } = useTranslation("logs");
  const title = useErrorTitle();
  const detail = useErrorDetail();
  if (isApiError(error, "forbidden")) {
    return <Note icon={Lock} state="forbidden" title={title(error)} />;
  }
  if (isApiError(error, "not_found")) {
    return (
      <Note icon={SearchX} state="not-found" title={t("state.notFound")}>
        {detail(error)}
      </Note>
    );
  }
  const reset = () => onChange(WIDE_OPEN, "replace");
  return (
    <Note
      icon={TriangleAlert}
      state="error"
      title={title(error)}
      action={
        isApiError(error, "invalid_request") && <Button onClick={reset}>{t("filter.clear")}</Button>
      }
    >
      {detail(error)}
    </Note>
  );
}

function NotStarted({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation("logs");
  const { jobId, job } = viewer;
  const over = job !== undefined && TERMINAL.has(job.state);
  const { data } = useQuery({
    ...explainQuery(jobId),
    enabled: !over,
    refetchInterval: 2000,
  });
  return (
    <Note
      icon={over ? FileX2 : CircleDashed}
      state={over ? "never-started" : "not-started"}
      title={t(over ? "state.never" : "state.waitingJob")}
    >
      <Said text={over ? job?.outcome?.message : data?.reason} as={sentence} />
    </Note>
  );
}

function NoLines({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation("logs");
  const { base, job, attempt } = viewer;
  if (base?.meta?.ended === false) {
    return <Note icon={CircleDashed} state="waiting" title={t("state.waiting")} />;
  }
  const outcome = job?.attempts.find((one) => one.number === attempt)?.outcome;
  const code = outcome?.exit_code;
  return (
    <Note icon={FileX2} state="empty" title={t("state.nothing")}>
      {code === null || code === undefined ? (
        <Said text={outcome?.message} />
      ) : (
        t("state.exit", { code })
      )}
    </Note>
  );
}

function Expired({ viewer }: { viewer: Viewer }) {
  const { t, i18n } = useTranslation("logs");
  const { zone } = usePreferences();
  const ended = viewer.job?.attempts.find((one) => one.number === viewer.attempt)?.ended_at;
  const time = ended ? formatMoment(Date.parse(ended), i18n.language, zone) : "";
  return (
    <Note icon={Archive} state="expired" title={t("state.expired")}>
      {ended && t("state.expiredDetail", { time })}
    </Note>
  );
}

function Cleared({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation("logs");
  const undo = <Button onClick={() => viewer.dispatch({ type: "undo" })}>{t("undoClear")}</Button>;
  return (
    <Note icon={Eraser} state="cleared" title={t("state.cleared")} action={undo}>
      {t("state.clearedDetail")}
    </Note>
  );
}

const WIDE_OPEN: Partial<Settings> = { levels: [], stream: undefined, only: false };

function FilteredOut({ settings, onChange }: Omit<EmptyProps, "viewer">) {
  const { t } = useTranslation("logs");
  const { levels, stream, only, query } = settings;
  const parts = [
    levels.length > 0 && t("filter.levels", { levels: levels.join(", ") }),
    stream !== undefined && t("filter.stream", { stream }),
    only && query.text !== "" && t("filter.text", { text: query.text }),
  ].filter((one) => one !== false);
  return (
    <Note
      icon={ListFilter}
      state="filtered"
      title={t("filter.empty")}
      action={<Button onClick={() => onChange(WIDE_OPEN, "replace")}>{t("filter.clear")}</Button>}
    >
      {parts.join(" · ")}
    </Note>
  );
}
