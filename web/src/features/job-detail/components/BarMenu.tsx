/** What the bar of phones has no room for; fetched with the bar. */
import { useNavigate } from "@tanstack/react-router";
import { CopyPlus, Ellipsis, Layers, Link as LinkIcon, RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { copyText } from "@/components/ui/Copy";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { toast } from "@/components/ui/toast";
import type { Job } from "../model/timeline";

type Props = {
  job: Job;
  onRerun: (() => void) | undefined;
  onSave: (() => void) | undefined;
};

export default function BarMenu({ job, onRerun, onSave }: Props) {
  const { t } = useTranslation("job-detail");
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const copy = () => void copyText(location.href).then(() => toast.done(common("action.copied")));
  return (
    <Menu
      label={t("action.more")}
      trigger={<IconButton icon={Ellipsis} label={t("action.more")} look="secondary" />}
    >
      {onRerun !== undefined && (
        <MenuItem icon={RotateCcw} onSelect={onRerun}>
          {t("action.rerun")}
        </MenuItem>
      )}
      <MenuItem
        icon={CopyPlus}
        onSelect={() => void navigate({ to: "/jobs/new", search: { from: job.id } })}
      >
        {t("action.duplicate")}
      </MenuItem>
      {onSave !== undefined && (
        <MenuItem icon={Layers} onSelect={onSave}>
          {t("template.save")}
        </MenuItem>
      )}
      <MenuItem icon={LinkIcon} onSelect={copy}>
        {t("action.copyLink")}
      </MenuItem>
    </Menu>
  );
}
