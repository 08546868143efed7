/** What phones show under More: the other pages, theme and language. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LogIn, LogOut, ShieldCheck } from "lucide-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/queries/system";
import { useAccountName, useRoleWords } from "@/components/account/names";
import { useLeave } from "@/components/account/useLeave";
import { Button } from "@/components/ui/Button";
import { Sheet } from "@/components/ui/Dialog";
import { ButtonLink } from "@/components/ui/Link";
import AppearanceMenus from "./AppearanceMenus";
import { hasSettings, moreItems, type NavItem, settingsIcon, toSettings } from "./nav";

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
      <Account onLeave={onClose} />
      <div className="mt-4 flex gap-2 border-t border-hairline pt-4">
        <AppearanceMenus />
      </div>
    </Sheet>
  );
}

function Account({ onLeave }: { onLeave(): void }) {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const nameOf = useAccountName();
  const words = useRoleWords();
  const { leave, busy } = useLeave();
  if (me === undefined) return null;
  return (
    <section aria-label={t("nav.account")} className="mt-4 border-t border-hairline px-2 pt-4">
      <p className="font-medium [overflow-wrap:anywhere]">{nameOf(me)}</p>
      {words(me.roles).map((line) => (
        <p key={line} className="text-sm text-muted [overflow-wrap:anywhere]">
          {line}
        </p>
      ))}
      <div className="mt-3" onClickCapture={closeOnLink(onLeave)}>
        {me.via === "session" ? (
          <Button icon={LogOut} busy={busy} onClick={leave}>
            {t("account.signOut")}
          </Button>
        ) : me.setup_needed && !me.dev_mode ? (
          <ButtonLink to="/setup" icon={ShieldCheck}>
            {t("account.setup")}
          </ButtonLink>
        ) : (
          <ButtonLink to="/sign-in" icon={LogIn}>
            {t("account.signIn")}
          </ButtonLink>
        )}
      </div>
    </section>
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
    <Link {...toSettings} className={row}>
      <Icon size={20} aria-hidden strokeWidth={1.75} />
      {t("nav.settings")}
    </Link>
  );
}
