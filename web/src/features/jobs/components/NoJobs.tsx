/** An empty list: because there are no jobs, or because the filters let none through. */
import { ListTodo, SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/feedback";
import { cleared, isFiltered, statesOf } from "../model/filters";
import type { JobsSearch } from "../search";

type NoJobsProps = { search: JobsSearch; onChange(search: JobsSearch): void };

function useFilterWords(search: JobsSearch): string {
  const { t, i18n } = useTranslation("jobs");
  const { t: common } = useTranslation();
  const states = statesOf(search).map((state) => common(`state.${state}`));
  const words = [
    states.length > 0 && `${t("filter.status")} ${states.join(", ")}`,
    search.q && t("filter.named", { text: search.q }),
    (search.from || search.to) &&
      `${t("filter.date")} ${[search.from ?? "…", search.to ?? "…"].join(" – ")}`,
    search.provider && `${t("filter.provider")} ${search.provider}`,
    search.project && `${t("filter.project")} ${search.project}`,
    search.by && `${t("filter.by")} ${search.by}`,
    search.label && `${t("filter.labelled")} ${search.label}`,
  ].filter((word) => typeof word === "string" && word !== "");
  return new Intl.ListFormat(i18n.language).format(words as string[]);
}

export function NoJobs({ search, onChange }: NoJobsProps) {
  const { t } = useTranslation("jobs");
  const filters = useFilterWords(search);
  if (!isFiltered(search)) {
    return (
      <EmptyState icon={ListTodo} title={t("empty.title")}>
        {t("empty.text")}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={SearchX}
      title={t("empty.filtered")}
      action={
        <Button look="primary" onClick={() => onChange(cleared(search))}>
          {t("filter.clear")}
        </Button>
      }
    >
      {t("empty.filteredText", { filters })}
    </EmptyState>
  );
}
