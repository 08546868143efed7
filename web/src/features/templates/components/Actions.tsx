/** What can be done with a template; the rest is in a menu. */
import { useNavigate } from "@tanstack/react-router";
import { Pencil, Play } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Template } from "@/api/queries/templates";
import { Button } from "@/components/ui/Button";
import { useRefusal } from "@/components/ui/refusal";

const MoreMenu = lazy(() => import("./MoreMenu"));

export function Actions({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate();
  const noRun = useRefusal("jobs.run", template.project);
  const noChange = useRefusal("templates.manage", template.project);
  const params = { templateId: template.id };
  return (
    <>
      <Button
        icon={Pencil}
        disabledReason={noChange}
        onClick={() => void navigate({ to: "/templates/$templateId/edit", params })}
      >
        {t("edit.open")}
      </Button>
      <Button
        look="primary"
        icon={Play}
        disabledReason={noRun}
        onClick={() => void navigate({ to: "/templates/$templateId/run", params })}
      >
        {t("run.open")}
      </Button>
      <Suspense fallback={<span className="size-9 pointer-coarse:size-11" />}>
        <MoreMenu template={template} locked={noChange !== undefined} />
      </Suspense>
    </>
  );
}
