/** What phones show behind the button Filters. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Sheet } from "@/components/ui/Dialog";

type FilterSheetProps = { onClose(): void; children: ReactNode };

export default function FilterSheet({ onClose, children }: FilterSheetProps) {
  const { t } = useTranslation("jobs");
  return (
    <Sheet open onOpenChange={onClose} title={t("filter.label")}>
      <div className="flex flex-col items-start gap-3 pb-4">{children}</div>
    </Sheet>
  );
}
