/** The bar at the bottom of phones: up to four pages, and More. */
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Sheet } from "@/components/ui/Dialog";
import { cn } from "@/lib/cn";
import { barItems, hasSettings, moreItems, type NavItem, settingsIcon } from "./nav";
import { LanguageMenu, ThemeMenu } from "./Sidebar";

const cell =
  "flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-1 text-2xs font-medium text-muted -outline-offset-2 data-[status=active]:text-link";

export function BottomNav() {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  return (
    <nav
      aria-label={t("nav.label")}
      className="safe-bottom fixed inset-x-0 bottom-0 z-30 flex border-t border-hairline bg-surface sm:hidden"
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
      <Sheet open={more} onOpenChange={setMore} title={t("nav.more")}>
        <div className="flex flex-col" onClickCapture={closeOnLink(() => setMore(false))}>
          {moreItems.map((item) => (
            <MoreLink key={item.name} item={item} />
          ))}
          {hasSettings && <SettingsLink />}
        </div>
        <div className="mt-4 flex gap-2 border-t border-hairline pt-4">
          <ThemeMenu />
          <LanguageMenu />
        </div>
      </Sheet>
    </nav>
  );
}

const closeOnLink = (close: () => void) => (event: React.MouseEvent) => {
  if (event.target instanceof Element && event.target.closest("a") !== null) close();
};

const row =
  "flex h-12 items-center gap-3 rounded-control px-2 text-lg hover:bg-raised data-[status=active]:text-link";

function MoreLink({ item: { to, name, icon: Icon } }: { item: NavItem }) {
  const { t } = useTranslation();
  return (
    <Link to={to} className={row}>
      <Icon size={20} aria-hidden strokeWidth={1.75} />
      {t(`nav.${name}`)}
    </Link>
  );
}

function SettingsLink() {
  const { t } = useTranslation();
  const Icon = settingsIcon;
  return (
    <Link to="/settings/$section" params={{ section: "profile" }} className={cn(row)}>
      <Icon size={20} aria-hidden strokeWidth={1.75} />
      {t("nav.settings")}
    </Link>
  );
}
