/** Taking a user away for good. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type User, useDeleteUser } from "@/api/queries/access";
import { Button } from "@/components/ui/Button";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { LazyAlertDialog } from "@/components/ui/LazyAlertDialog";
import { toast } from "@/components/ui/toast";

export function DeleteUser({ user, onDone }: { user: User; onDone(): void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteUser();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  return (
    <div className="mt-6 flex flex-col items-start gap-2 border-t border-hairline pt-5">
      <p className="text-sm text-muted">{t("users.deleteHint")}</p>
      <Button size="sm" className="text-failed" onClick={() => setAsking(true)}>
        {t("users.delete")}
      </Button>
      <LazyAlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("users.deleteTitle", { name: user.name })}
        effect={t("users.deleteEffect")}
        confirm={common("action.delete")}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(user.id, {
            onSuccess: () => {
              toast.done(t("users.deleted", { name: user.name }));
              onDone();
            },
            onError: (error) => {
              setAsking(false);
              toast.failed(title(error), detail(error));
            },
          })
        }
      />
    </div>
  );
}
