/** What it runs. */
import { lazy, type RefObject, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { StoredSpec } from "@/api/spec";
import { Card } from "@/components/ui/Card";
import { Loading, Skeleton } from "@/components/ui/feedback";
import type { SpecHandle } from "@/features/job-form";
import { useFields } from "../hooks/form";

const SpecForm = lazy(() =>
  import("@/features/job-form").then((module) => ({ default: module.SpecForm })),
);

type Props = { spec: RefObject<SpecHandle | null>; stored: StoredSpec | null };

export function TargetSection({ spec, stored }: Props) {
  const { t } = useTranslation("schedules");
  const { draft } = useFields();
  const waiting = (
    <Loading>
      <Skeleton className="h-40" />
    </Loading>
  );
  if (draft.target === "template") {
    return (
      <Card id="what" title={t("form.what")}>
        <p>{t("detail.template", { name: draft.templateName })}</p>
      </Card>
    );
  }
  return (
    <>
      <Card id="what" title={t("form.what")}>
        <p className="text-muted">{t("form.jobText")}</p>
      </Card>
      <Suspense fallback={waiting}>
        <SpecForm initial={stored} handle={spec} />
      </Suspense>
    </>
  );
}
