/** What phones show under More: the other pages, theme and language. */
import { Link } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { Sheet } from "@/components/ui/Dialog";
import AppearanceMenus from "./AppearanceMenus";
import { hasSettings, moreItems, type NavItem, settingsIcon } from "./nav";

export default function MoreSheet({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Sheet open onOpenChange={onClose} title={t("nav.more")}>
      <div className="flex flex-col" onClickCapture={closeOnLink(onClose)}>
        {moreItems.map((item) => (
          <MoreLink key={item.name} item={item} />
        ))}
        {hasSettings && <SettingsLink />}
      </div>
      <div className="mt-4 flex gap-2 border-t border-hairline pt-4">
        <AppearanceMenus />
      </div>
    </Sheet>
  );
}

const closeOnLink = (close: () => void) => (event: MouseEvent) => {
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
    <Link to="/settings/$section" params={{ section: "profile" }} className={row}>
      <Icon size={20} aria-hidden strokeWidth={1.75} />
      {t("nav.settings")}
    </Link>
  );
}
