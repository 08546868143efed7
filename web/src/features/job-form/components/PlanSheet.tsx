/** Plan and preview where there is no room beside the form; fetched when it is first opened. */
import { useTranslation } from "react-i18next";
import { Sheet } from "@/components/ui/Dialog";
import type { PlanState } from "../hooks/plan";
import type { FormValues } from "../model/values";
import { PlanPanel } from "./PlanPanel";
import { PreviewPanel } from "./PreviewPanel";

type Props = { plan: PlanState; values: FormValues; onClose: () => void };

export default function PlanSheet({ plan, values, onClose }: Props) {
  const { t } = useTranslation("job-form");
  return (
    <Sheet open onOpenChange={onClose} title={t("plan.open")}>
      <div className="flex flex-col gap-6">
        <PlanPanel state={plan} />
        <PreviewPanel values={values} />
      </div>
    </Sheet>
  );
}
