/** How whoever is signed in is called, and the roles in words. */
import { useTranslation } from "react-i18next";
import type { Me } from "@/api/queries/system";
import { ALL_PROJECTS, type Role } from "@/api/roles";

type Roles = Readonly<Record<string, Role>>;

/** "Operator · etl", the role in all projects first. */
export function useRoleWords(): (roles: Roles) => string[] {
  const { t } = useTranslation();
  return (roles) =>
    Object.entries(roles)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([project, role]) => {
        const where = project === ALL_PROJECTS ? t("project.all") : project;
        return `${t(`role.${role}`)} · ${where}`;
      });
}

export function useAccountName(): (me: Me) => string {
  const { t } = useTranslation();
  return (me) => (me.via === "anonymous" ? t("account.nobody") : me.owner);
}
