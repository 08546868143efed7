/** Where toasts appear: above the bottom bar on phones, in the corner elsewhere. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Toaster as Sonner } from "sonner";
import { shownTheme, usePreferences } from "@/lib/preferences";
import { toasterMounted } from "./toast";

export default function Toaster() {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  useEffect(toasterMounted, []);
  return (
    <Sonner
      theme={shownTheme(theme)}
      position="bottom-right"
      closeButton
      visibleToasts={4}
      mobileOffset={{ bottom: "calc(72px + env(safe-area-inset-bottom))" }}
      containerAriaLabel={t("notifications")}
      toastOptions={{ closeButtonAriaLabel: t("action.close") }}
      style={
        {
          "--normal-bg": "var(--c-surface)",
          "--normal-text": "var(--c-text)",
          "--normal-border": "var(--c-hairline)",
          "--border-radius": "8px",
          fontFamily: "var(--font-sans)",
        } as React.CSSProperties
      }
    />
  );
}
