/** The form's preview where there is no room beside it; fetched when it is first opened. */
import { useTranslation } from "react-i18next";
import type { Parameter } from "@/api/queries/templates";
import { Sheet } from "@/components/ui/Dialog";
import { FormPreview } from "./FormPreview";

type Props = { parameters: readonly Parameter[]; onClose: () => void };

export default function PreviewSheet({ parameters, onClose }: Props) {
  const { t } = useTranslation("templates");
  return (
    <Sheet open onOpenChange={onClose} title={t("preview.title")}>
      <FormPreview parameters={parameters} />
    </Sheet>
  );
}
