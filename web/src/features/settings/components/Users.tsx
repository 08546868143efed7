/** Users: who may sign in, and what each may do where. For administrators of everything. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Users as UsersIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type User, usersQuery } from "@/api/queries/access";
import { meQuery, usePermission } from "@/api/queries/system";
import { useRoleWords } from "@/components/account/names";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState, Forbidden } from "@/components/ui/feedback";
import { ButtonLink } from "@/components/ui/Link";
import { Row, RowList } from "@/components/ui/RowList";
import { RelativeTime } from "@/components/ui/Time";
import { Intro, Loaded } from "./Section";

const UserSheet = lazy(() => import("./UserSheet"));

/** The user whose sheet is open; "new" makes one. */
type Opened = User | "new" | null;

export default function Users() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const [opened, setOpened] = useState<Opened>(null);
  const allowed = usePermission("users.manage");
  if (me === undefined) return null;
  if (!allowed) return <Forbidden permission="users.manage" />;
  // The first one is made on a page of its own: it ends the time in which nobody signs in.
  if (me.setup_needed && !me.dev_mode) {
    return (
      <EmptyState
        icon={UsersIcon}
        title={t("users.none")}
        action={
          <ButtonLink to="/setup" look="primary">
            {common("account.setup")}
          </ButtonLink>
        }
      >
        {t("users.noneText")}
      </EmptyState>
    );
  }
  return (
    <>
      <Intro
        action={
          <Button look="primary" icon={Plus} onClick={() => setOpened("new")}>
            {t("users.new")}
          </Button>
        }
      >
        {t("users.intro")}
      </Intro>
      <UserList onOpen={setOpened} />
      <Suspense>
        {opened !== null && (
          <UserSheet user={opened === "new" ? undefined : opened} onClose={() => setOpened(null)} />
        )}
      </Suspense>
    </>
  );
}

function UserList({ onOpen }: { onOpen(user: User): void }) {
  const { t } = useTranslation("settings");
  const query = useQuery(usersQuery());
  return (
    <Loaded query={query}>
      {({ items }: { items: readonly User[] }) =>
        items.length === 0 ? (
          <EmptyState icon={UsersIcon} title={t("users.empty")}>
            {t("users.intro")}
          </EmptyState>
        ) : (
          <Card flush className="overflow-hidden [&>div>ul]:border-0">
            <RowList label={t("section.users")}>
              {items.map((user) => (
                <UserRow key={user.id} user={user} onOpen={() => onOpen(user)} />
              ))}
            </RowList>
          </Card>
        )
      }
    </Loaded>
  );
}

function UserRow({ user, onOpen }: { user: User; onOpen(): void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data: me } = useQuery(meQuery());
  const words = useRoleWords()(user.roles);
  const seen = user.last_sign_in_at;
  return (
    <Row
      title={user.name}
      faded={!user.enabled}
      badges={
        <>
          {me?.user?.id === user.id && <Badge tone="info">{t("users.you")}</Badge>}
          {!user.enabled && <Badge tone="warn">{t("users.disabled")}</Badge>}
          {words.length === 0 && <Badge tone="warn">{t("profile.noRole")}</Badge>}
          {words.map((line) => (
            <Badge key={line}>{line}</Badge>
          ))}
        </>
      }
      facts={[
        seen === null ? (
          t("users.never")
        ) : (
          <>
            {t("users.seen")} <RelativeTime at={seen} />
          </>
        ),
        ...(user.oidc_subject === null ? [] : [t("users.elsewhere")]),
        ...(user.password_set || user.oidc_subject !== null ? [] : [t("users.noPassword")]),
      ]}
      actions={
        <Button size="sm" aria-label={t("users.editOf", { name: user.name })} onClick={onOpen}>
          {common("action.edit")}
        </Button>
      }
    />
  );
}
