/** API tokens: one's own, and for who manages users everybody's. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Token, tokensQuery } from "@/api/queries/access";
import { meQuery, usePermission } from "@/api/queries/system";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { RowList } from "@/components/ui/RowList";
import { Switch } from "@/components/ui/Toggle";
import { Intro, Loaded } from "./Section";
import { TokenRow } from "./TokenRow";

const TokenDialog = lazy(() => import("./TokenDialog"));
const route = getRouteApi("/shell/settings/$section");

export default function Tokens() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const [creating, setCreating] = useState(false);
  const navigate = useNavigate();
  const manages = usePermission("users.manage");
  const all = route.useSearch().all === 1 && manages;
  // A token is of a user: while nobody is one, there is nothing to list either.
  if (me === undefined) return null;
  if (me.user === null) {
    return (
      <EmptyState
        icon={KeyRound}
        title={t("tokens.noUser")}
        action={
          me.setup_needed &&
          !me.dev_mode && (
            <ButtonLink to="/setup" look="primary">
              {common("account.setup")}
            </ButtonLink>
          )
        }
      >
        {t("tokens.noUserText")}
      </EmptyState>
    );
  }
  return (
    <>
      <Intro
        action={
          <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
            {t("tokens.new")}
          </Button>
        }
      >
        {t("tokens.intro")}
      </Intro>
      {manages && (
        <div className="pb-4">
          <Switch
            label={t("tokens.all")}
            checked={all}
            onChange={(on) =>
              void navigate({
                to: "/settings/$section",
                params: { section: "tokens" },
                search: on ? { all: 1 } : {},
              })
            }
          />
        </div>
      )}
      <TokenList all={all} />
      <Suspense>{creating && <TokenDialog onClose={() => setCreating(false)} />}</Suspense>
    </>
  );
}

function TokenList({ all }: { all: boolean }) {
  const { t } = useTranslation("settings");
  const query = useQuery(tokensQuery(all));
  return (
    <Loaded query={query}>
      {({ items }: { items: readonly Token[] }) =>
        items.length === 0 ? (
          <EmptyState icon={KeyRound} title={t("tokens.none")}>
            {t("tokens.noneText")}
          </EmptyState>
        ) : (
          <Card flush className="overflow-hidden [&>div>ul]:border-0">
            <RowList label={t("section.tokens")}>
              {items.map((token) => (
                <TokenRow key={token.id} token={token} owner={all} />
              ))}
            </RowList>
          </Card>
        )
      }
    </Loaded>
  );
}
