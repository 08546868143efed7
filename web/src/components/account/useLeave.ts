/** Signing out, from wherever it is offered. */
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useForget, useSignOut } from "@/api/queries/system";
import { setLeaving } from "@/api/queryClient";
import { useErrorDetail, useErrorTitle } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";

export function useLeave(): { leave(): void; busy: boolean } {
  const { t } = useTranslation();
  const { mutateAsync, isPending } = useSignOut();
  const forget = useForget();
  const navigate = useNavigate();
  const title = useErrorTitle();
  const detail = useErrorDetail();
  // Goes on when the menu that it was chosen from is closed.
  const leave = async () => {
    setLeaving(true);
    try {
      await mutateAsync();
      toast.done(t("account.signedOut"));
      await navigate({ to: "/sign-in" });
      forget();
    } catch (error) {
      toast.failed(title(error), detail(error));
    } finally {
      setLeaving(false);
    }
  };
  return { leave: () => void leave(), busy: isPending };
}
