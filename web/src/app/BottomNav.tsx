/** The bar at the bottom of phones: up to four pages, and More. */
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { barItems } from "./nav";

const MoreSheet = lazy(() => import("./MoreSheet"));

const cell =
  "flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-1 text-2xs font-medium text-muted -outline-offset-2 data-[status=active]:text-link";

export function BottomNav() {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  return (
    <nav
      aria-label={t("nav.label")}
      className="safe-bottom fixed inset-x-0 bottom-0 z-30 flex border-t border-hairline bg-surface"
    >
      {barItems.map(({ to, name, icon: Icon }) => (
        <Link
          key={name}
          to={to}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          className={cell}
        >
          <Icon size={20} aria-hidden strokeWidth={1.75} />
          <span className="max-w-full truncate px-1">{t(`nav.${name}`)}</span>
        </Link>
      ))}
      <button type="button" aria-haspopup="dialog" onClick={() => setMore(true)} className={cell}>
        <Ellipsis size={20} aria-hidden strokeWidth={1.75} />
        {t("nav.more")}
      </button>
      <Suspense>{more && <MoreSheet onClose={() => setMore(false)} />}</Suspense>
    </nav>
  );
}
