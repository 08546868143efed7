/** Schedule, Export, Duplicate, Delete; fetched with the page. */
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, CopyPlus, Download, Ellipsis, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { exportAddress, type Template, useDeleteTemplate } from "@/api/queries/templates";
import { IconButton } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { useRefusal } from "@/components/ui/refusal";
import { toast } from "@/components/ui/toast";

type Props = { template: Template; locked: boolean };

export default function MoreMenu({ template, locked }: Props) {
  const { t } = useTranslation("templates");
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteTemplate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  const { id, name, project } = template;
  const noSchedule = useRefusal("schedules.manage", project);
  return (
    <>
      <Menu
        label={t("one.more")}
        trigger={<IconButton icon={Ellipsis} label={t("one.more")} look="secondary" />}
      >
        {noSchedule === undefined && (
          <MenuItem
            icon={CalendarClock}
            onSelect={() => void navigate({ to: "/schedules/new", search: { template: id } })}
          >
            {t("one.schedule")}
          </MenuItem>
        )}
        <MenuItem icon={Download} onSelect={() => location.assign(exportAddress(id))}>
          {t("one.export")}
        </MenuItem>
        <MenuItem
          icon={CopyPlus}
          onSelect={() => void navigate({ to: "/templates/new", search: { from: id } })}
        >
          {t("one.duplicate")}
        </MenuItem>
        {!locked && (
          <MenuItem icon={Trash2} onSelect={() => setAsking(true)}>
            {t("one.delete")}
          </MenuItem>
        )}
      </Menu>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("one.deleteTitle", { name })}
        effect={t("one.deleteEffect")}
        confirm={t("one.delete")}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(id, {
            onSuccess: () => {
              toast.done(t("one.deleted", { name }));
              void navigate({ to: "/templates" });
            },
            onError: (error) => {
              setAsking(false);
              toast.failed(title(error), detail(error));
            },
          })
        }
      />
    </>
  );
}
