/** What it runs: a template with its parameters, or a job of its own. */
import { lazy, type RefCallback, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { StoredSpec } from "@/api/spec";
import { Card } from "@/components/ui/Card";
import { Loading, Skeleton } from "@/components/ui/feedback";
import { SegmentedControl } from "@/components/ui/Tabs";
import type { SpecHandle } from "@/features/job-form";
import { useFields } from "../hooks/form";

const TemplateTarget = lazy(() => import("./TemplateTarget"));
const SpecForm = lazy(() =>
  import("@/features/job-form").then((module) => ({ default: module.SpecForm })),
);

type Props = { spec: RefCallback<SpecHandle>; stored: StoredSpec | null };

export function TargetSection({ spec, stored }: Props) {
  const { t } = useTranslation("schedules");
  const { draft, set } = useFields();
  const waiting = (
    <Loading>
      <Skeleton className="h-40" />
    </Loading>
  );
  return (
    <>
      <Card id="what" title={t("form.what")}>
        <div className="flex flex-col gap-4">
          <SegmentedControl
            label={t("form.target")}
            value={draft.target}
            onChange={(target) => set({ target })}
            options={[
              { value: "template", label: t("form.ofTemplate") },
              { value: "spec", label: t("form.ofJob") },
            ]}
            className="self-start"
          />
          {draft.target === "template" ? (
            <Suspense fallback={waiting}>
              <TemplateTarget />
            </Suspense>
          ) : (
            <p className="text-muted">{t("form.jobText")}</p>
          )}
        </div>
      </Card>
      {draft.target === "spec" && (
        <Suspense fallback={waiting}>
          <SpecForm initial={stored} handle={spec} />
        </Suspense>
      )}
    </>
  );
}
