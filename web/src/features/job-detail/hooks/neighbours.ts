/** The keys of the page: 1 to 4 for the tabs, [ and ] for the job before and after. */
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";
import { useShortcuts } from "@/lib/shortcuts";
import type { Job } from "../model/timeline";
import { TABS } from "../search";

type Tab = (typeof TABS)[number];
type Direction = "previous" | "next";

/** The job that was submitted just before or after; null: there is none. */
async function neighbourOf(job: Job, direction: Direction): Promise<string | null> {
  const at = job.submitted_at;
  const query =
    direction === "previous"
      ? { to: at, sort: "-created" as const }
      : { from: at, sort: "created" as const };
  const page = await unwrap(
    api.GET("/jobs", { params: { query: { ...query, limit: 2, counts: "0" } } }),
  );
  return page.items.find(({ id }) => id !== job.id)?.id ?? null;
}

export function useJobKeys(job: Job, onTab: (tab: Tab) => void): void {
  const { t } = useTranslation("job-detail");
  const navigate = useNavigate({ from: "/jobs/$jobId" });
  const asking = useRef(false);
  const title = useErrorTitle();
  const detail = useErrorDetail();

  async function go(direction: Direction): Promise<void> {
    if (asking.current) return;
    asking.current = true;
    try {
      const jobId = await neighbourOf(job, direction);
      if (jobId === null) toast.info(t("neighbour.none"));
      else
        await navigate({
          to: "/jobs/$jobId",
          params: { jobId },
          search: (old) => ({ tab: old.tab }),
        });
    } catch (error) {
      toast.failed(title(error), detail(error));
    } finally {
      asking.current = false;
    }
  }

  useShortcuts([
    ...TABS.map((tab, index) => ({
      keys: String(index + 1),
      label: t(`tabs.${tab}`),
      group: "page" as const,
      run: () => onTab(tab),
    })),
    { keys: "[", label: t("neighbour.previous"), group: "page", run: () => void go("previous") },
    { keys: "]", label: t("neighbour.next"), group: "page", run: () => void go("next") },
  ]);
}
