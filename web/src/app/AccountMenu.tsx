/** Who is signed in, and what that person may do; the way out. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleUser, KeyRound, LogIn, LogOut, ShieldCheck, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Me, meQuery } from "@/api/queries/system";
import { useAccountName, useRoleWords } from "@/components/account/names";
import { useLeave } from "@/components/account/useLeave";
import { Menu, MenuItem, MenuLine, MenuTitle } from "@/components/ui/Menu";
import { cn } from "@/lib/cn";

export default function AccountMenu({ wide }: { wide: boolean }) {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const nameOf = useAccountName();
  if (me === undefined) return <span className="h-11" />;
  const name = nameOf(me);
  return (
    <Menu
      align="start"
      label={t("account.menu", { name })}
      trigger={
        <button
          type="button"
          aria-label={t("account.menu", { name })}
          title={name}
          className="flex h-9 items-center gap-3 rounded-control px-2.5 text-left text-muted transition-colors hover:bg-raised hover:text-text pointer-coarse:h-11"
        >
          <CircleUser size={18} aria-hidden className="shrink-0" strokeWidth={1.75} />
          <span className={cn("min-w-0 flex-1 truncate", wide ? "max-lg:sr-only" : "sr-only")}>
            {name}
          </span>
        </button>
      }
    >
      <Entries me={me} name={name} />
    </Menu>
  );
}

function Entries({ me, name }: { me: Me; name: string }) {
  const { t } = useTranslation();
  const words = useRoleWords()(me.roles);
  const navigate = useNavigate();
  const { leave } = useLeave();
  const settings = (section: string) => () =>
    void navigate({ to: "/settings/$section", params: { section } });
  return (
    <div className="w-60">
      <MenuTitle>
        <span className="block truncate text-base text-text">{name}</span>
        {words.length === 0 && t("account.never")}
        {words.map((line) => (
          <span key={line} className="block font-normal text-muted [overflow-wrap:anywhere]">
            {line}
          </span>
        ))}
      </MenuTitle>
      <MenuLine />
      <MenuItem icon={UserRound} onSelect={settings("profile")}>
        {t("account.profile")}
      </MenuItem>
      <MenuItem icon={KeyRound} onSelect={settings("tokens")}>
        {t("account.tokens")}
      </MenuItem>
      <MenuLine />
      {me.via === "session" ? (
        <MenuItem icon={LogOut} onSelect={leave}>
          {t("account.signOut")}
        </MenuItem>
      ) : me.setup_needed && !me.dev_mode ? (
        <MenuItem icon={ShieldCheck} onSelect={() => void navigate({ to: "/setup" })}>
          {t("account.setup")}
        </MenuItem>
      ) : (
        <MenuItem icon={LogIn} onSelect={() => void navigate({ to: "/sign-in" })}>
          {t("account.signIn")}
        </MenuItem>
      )}
    </div>
  );
}
