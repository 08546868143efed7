/** What holds for the whole product at this moment, in a line above every page. */
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/queries/system";
import { IconButton } from "@/components/ui/Button";
import { Banner } from "@/components/ui/feedback";
import { Link } from "@/components/ui/Link";
import { useStale } from "@/components/ui/Stale";
import { store, stored } from "@/lib/storage";

const HIDDEN = "hodei.openNote";

export function Notes() {
  return (
    <>
      <DevelopmentMode />
      <OpenServer />
      <LostConnection />
    </>
  );
}

function DevelopmentMode() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery());
  if (me?.dev_mode !== true) return null;
  return (
    <aside aria-label={t("account.server")}>
      <p className="tint-timeout px-4 py-1.5 text-center text-sm text-timeout">{t("dev.banner")}</p>
    </aside>
  );
}

/** On the first page only, until somebody has seen enough of it. */
function OpenServer() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const path = useLocation({ select: (location) => location.pathname });
  const [hidden, setHidden] = useState(() => stored(HIDDEN) !== null);
  if (hidden || path !== "/" || me?.setup_needed !== true || me.dev_mode) return null;
  const hide = () => {
    store(HIDDEN, "1");
    setHidden(true);
  };
  return (
    <aside
      aria-label={t("account.server")}
      className="flex items-center gap-3 border-b border-hairline pr-2 pl-4 text-sm text-muted sm:pl-6 lg:pl-8"
    >
      <p className="min-w-0 flex-1 py-2">
        {t("account.note")}{" "}
        <Link to="/setup" className="underline">
          {t("account.setup")}
        </Link>
      </p>
      <IconButton icon={X} label={t("account.hide")} size="iconSm" onClick={hide} />
    </aside>
  );
}

function LostConnection() {
  const { t } = useTranslation();
  const { stale } = useStale();
  if (!stale) return null;
  return (
    <Banner tone="warn" className="rounded-none">
      {t("live.lost")}
    </Banner>
  );
}
