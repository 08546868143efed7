/** The navigation of tablets (a rail of icons) and desktops (with words, unless collapsed). */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PanelLeft, Search } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { versionQuery } from "@/api/queries/system";
import { IconButton } from "@/components/ui/Button";
import { ConnectionDot } from "@/components/ui/ConnectionDot";
import { Tooltip } from "@/components/ui/Tooltip";
import { cn } from "@/lib/cn";
import { setPreference, usePreferences } from "@/lib/preferences";
import {
  hasSettings,
  type NavItem,
  navigation,
  settingsIcon as SettingsIcon,
  toSettings,
} from "./nav";

const AppearanceMenus = lazy(() => import("./AppearanceMenus"));
const AccountMenu = lazy(() => import("./AccountMenu"));

const entry =
  "flex h-9 items-center gap-3 rounded-control px-2.5 font-medium text-muted transition-colors hover:bg-raised hover:text-text data-[status=active]:bg-raised data-[status=active]:text-text pointer-coarse:h-11";

type EntryProps = { item: NavItem; wide: boolean };

function Entry({ item: { to, name, icon: Icon }, wide }: EntryProps) {
  const { t } = useTranslation();
  const word = t(`nav.${name}`);
  const link = (
    <Link to={to} activeOptions={{ exact: to === "/", includeSearch: false }} className={entry}>
      <Icon size={18} aria-hidden className="shrink-0" strokeWidth={1.75} />
      <span className={wide ? "max-lg:sr-only" : "sr-only"}>{word}</span>
    </Link>
  );
  return wide ? (
    link
  ) : (
    <Tooltip text={word} side="right">
      {link}
    </Tooltip>
  );
}

function Brand() {
  const { t } = useTranslation();
  return (
    <Link to="/" className="flex h-9 items-center gap-2.5 rounded-control px-1.5">
      <img src="/icon.svg" alt="" width={24} height={24} />
      <span className="text-lg font-semibold tracking-[-0.02em]">{t("product")}</span>
    </Link>
  );
}

export function Sidebar({ onSearch }: { onSearch(): void }) {
  const { t } = useTranslation();
  const wide = usePreferences().sidebar === "wide";
  return (
    <nav
      aria-label={t("nav.label")}
      className={cn(
        "sticky top-0 flex h-dvh w-14 shrink-0 flex-col gap-1 overflow-y-auto border-r border-hairline px-2 py-3 [&>*]:shrink-0",
        // A finger needs 44 px between the edges.
        wide ? "max-lg:pointer-coarse:w-16 lg:w-58 lg:px-3" : "pointer-coarse:w-16",
      )}
    >
      <div className={cn("mb-2 hidden items-center justify-between", wide && "lg:flex")}>
        <Brand />
        <IconButton
          icon={PanelLeft}
          label={t("nav.collapse")}
          size="iconSm"
          onClick={() => setPreference("sidebar", "narrow")}
        />
      </div>
      <div className={cn("mb-2 grid justify-items-center gap-2", wide && "lg:hidden")}>
        <img src="/icon.svg" alt="" width={24} height={24} className="my-1.5" />
        <IconButton
          icon={PanelLeft}
          label={t("nav.expand")}
          className="max-lg:hidden"
          onClick={() => setPreference("sidebar", "wide")}
        />
      </div>
      <SearchButton wide={wide} onSearch={onSearch} />
      {navigation.map((group) => (
        <div key={group.name} className="mt-3 flex flex-col gap-0.5">
          <p
            className={cn("hidden px-2.5 pb-1 text-xs font-medium text-subtle", wide && "lg:block")}
          >
            {t(`nav.${group.name}`)}
          </p>
          {group.items.map((item) => (
            <Entry key={item.name} item={item} wide={wide} />
          ))}
        </div>
      ))}
      <Foot wide={wide} />
    </nav>
  );
}

function SearchButton({ wide, onSearch }: { wide: boolean; onSearch(): void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K"
      onClick={onSearch}
      className="flex h-9 items-center gap-3 rounded-control border border-hairline bg-surface px-2.5 text-subtle transition-colors hover:border-control hover:text-text pointer-coarse:h-11"
    >
      <Search size={16} aria-hidden className="shrink-0" />
      <span className={cn("flex-1 truncate text-left", wide ? "max-lg:sr-only" : "sr-only")}>
        {t("nav.search")}
      </span>
      <kbd aria-hidden className={cn("hidden font-sans text-xs", wide && "lg:block")}>
        Ctrl K
      </kbd>
    </button>
  );
}

function Foot({ wide }: { wide: boolean }) {
  const { t } = useTranslation();
  const { data: version } = useQuery(versionQuery());
  return (
    <div className="mt-auto flex flex-col gap-1 pt-4">
      <span className={cn("grid h-9 place-items-center", wide && "lg:hidden")}>
        <ConnectionDot />
      </span>
      {hasSettings && (
        <Link {...toSettings} className={entry}>
          <SettingsIcon size={18} aria-hidden className="shrink-0" strokeWidth={1.75} />
          <span className={wide ? "max-lg:sr-only" : "sr-only"}>{t("nav.settings")}</span>
        </Link>
      )}
      <Suspense fallback={<span className="h-9" />}>
        <AccountMenu wide={wide} />
      </Suspense>
      <div className={cn("flex flex-col", wide && "lg:flex-row")}>
        <Suspense fallback={<span className="h-9" />}>
          <AppearanceMenus />
        </Suspense>
      </div>
      <div
        className={cn(
          "mt-1 hidden items-center justify-between gap-2 border-t border-hairline px-2.5 pt-3 text-sm text-muted",
          wide && "lg:flex",
        )}
      >
        <ConnectionDot withWord />
        <span className="truncate text-xs text-subtle">{version && `v${version.version}`}</span>
      </div>
    </div>
  );
}
