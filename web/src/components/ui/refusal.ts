/** Why a control cannot be used by whoever is signed in, in words. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/queries/system";
import { mayDo, needsAllProjects, roleFor } from "@/api/roles";

/** What to show as `disabledReason`; undefined: `permission` is held, or nobody knows yet. */
export function useRefusal(permission: string, project?: string): string | undefined {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery());
  if (me === undefined || mayDo(me, permission, project)) return undefined;
  const role = t(`role.${roleFor(permission)}`);
  if (needsAllProjects(permission)) return t("forbidden.roleEverywhere", { role });
  return project === undefined
    ? t("forbidden.role", { role })
    : t("forbidden.roleIn", { role, project });
}
