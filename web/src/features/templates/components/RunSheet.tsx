/** Plan and preview of a run where there is no room beside the form. */
import { useTranslation } from "react-i18next";
import type { TemplateSpec } from "@/api/queries/templates";
import { Sheet } from "@/components/ui/Dialog";
import { PlanPanel, type PlanState } from "@/features/job-form";
import { Rendered } from "./Rendered";

type Props = { plan: PlanState; spec: TemplateSpec | undefined; onClose: () => void };

export default function RunSheet({ plan, spec, onClose }: Props) {
  const { t } = useTranslation("templates");
  return (
    <Sheet open onOpenChange={onClose} title={t("run.plan")}>
      <div className="flex flex-col gap-6">
        <PlanPanel state={plan} />
        <Rendered spec={spec} />
      </div>
    </Sheet>
  );
}
