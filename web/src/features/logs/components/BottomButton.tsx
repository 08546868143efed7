/** The round button that leads back to the end, with what has come since. */
import { ArrowDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "@/lib/format";
import type { Viewer } from "../hooks/useViewer";

export function BottomButton({ viewer }: { viewer: Viewer }) {
  const { t, i18n } = useTranslation("logs");
  const { session, fresh, rows, goToEnd } = viewer;
  if (session.follow || rows.count === 0) return null;
  const counted = session.frozen === undefined ? fresh : 0;
  const formatted = formatNumber(counted, i18n.language);
  return (
    <button
      type="button"
      aria-label={counted > 0 ? t("toBottomNew", { count: counted, formatted }) : t("toBottom")}
      title={t("toBottom")}
      onClick={() => goToEnd("bottom")}
      className="absolute right-6 bottom-4 flex h-10 min-w-10 items-center justify-center gap-1.5 rounded-full bg-brand px-3 text-sm font-medium text-white shadow-float hover:bg-brand-hover pointer-coarse:h-11 pointer-coarse:min-w-11"
    >
      <ArrowDown size={18} aria-hidden />
      {counted > 0 && <span className="numeric">{t("fresh", { formatted })}</span>}
    </button>
  );
}
