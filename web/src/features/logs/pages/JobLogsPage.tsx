/** The log viewer as a page of its own; on phones it has the whole screen. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useLocation } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { isCancelling, jobQuery } from "@/api/queries/jobs";
import { queryClient } from "@/api/queryClient";
import { ButtonLink } from "@/components/ui/Link";
import { StatusBadge } from "@/components/ui/StatusBadge";
import { shortId } from "@/lib/format";
import { LogViewer } from "../components/LogViewer";
import { useLook } from "../hooks/useLook";
import { formatHash, type LineRange, parseHash } from "../model/permalink";
import type { Change } from "../model/settings";
import { searchOf, settingsOf } from "../search";

const route = getRouteApi("/shell/jobs/$jobId/logs");

export const first = ({ params }: { params: { jobId: string } }) =>
  queryClient.ensureQueryData(jobQuery(params.jobId));

export default function JobLogsPage() {
  const { t } = useTranslation("logs");
  const { jobId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const hash = useLocation({ select: (location) => location.hash });
  const [look, remember] = useLook();
  const { data: job } = useQuery(jobQuery(jobId));
  const settings = settingsOf(search, look);
  const name = job?.name ?? shortId(jobId);
  useEffect(() => {
    document.title = `${t("pageTitle", { name })} · Hodei`;
  }, [t, name]);

  const onChange: Change = (change, how) => {
    remember(change);
    // What is remembered needs no place in the address.
    const lasting = { ...look, ...change };
    void navigate({
      search: searchOf({ ...settings, ...change }, { times: lasting.times, wrap: lasting.wrap }),
      hash: true,
      replace: how === "replace",
      resetScroll: false,
    });
  };
  const onRange = (range: LineRange) =>
    void navigate({
      search: (now) => now,
      hash: formatHash(range),
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    });
  const state = job && (isCancelling(job) ? "CANCELLING" : job.state);

  return (
    <div className="fixed inset-0 z-40 flex flex-col bg-bg pt-[env(safe-area-inset-top)] sm:static sm:z-auto sm:h-dvh sm:gap-3 sm:px-6 sm:pt-4 sm:pb-4 lg:px-8">
      <header className="flex min-h-12 items-center gap-2 px-2 sm:min-h-9 sm:px-0">
        <ButtonLink
          to="/jobs/$jobId"
          params={{ jobId }}
          look="quiet"
          size="icon"
          icon={ArrowLeft}
          aria-label={t("backToJob", { name })}
        />
        <h1 className="min-w-0 truncate text-lg">
          {name} <span className="font-normal text-subtle">{t("title")}</span>
        </h1>
        {state && <StatusBadge state={state} />}
      </header>
      <LogViewer
        jobId={jobId}
        settings={settings}
        onChange={onChange}
        range={parseHash(hash)}
        onRange={onRange}
        className="flex-1 rounded-none border-x-0 border-b-0 sm:rounded-card sm:border"
      />
    </div>
  );
}
