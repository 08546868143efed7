/** Roles per project, a line each. */
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/queries/projects";
import { ALL_PROJECTS, ROLES, type Role } from "@/api/roles";
import { Button, IconButton } from "@/components/ui/Button";
import { Select } from "@/components/ui/Input";

export type RoleRow = { id: number; project: string; role: Role };

type Roles = Readonly<Record<string, Role>>;

let made = 0;
const rowOf = (project: string, role: Role): RoleRow => ({ id: ++made, project, role });

/** At least one line, so that there is something to begin with. */
export function toRows(roles: Roles): RoleRow[] {
  const rows = Object.entries(roles).map(([project, role]) => rowOf(project, role));
  return rows.length === 0 ? [rowOf("default", "operator")] : rows;
}

/** Of two lines about one project the later one counts. */
export const fromRows = (rows: readonly RoleRow[]): Record<string, Role> =>
  Object.fromEntries(rows.map(({ project, role }) => [project, role]));

type RolesEditorProps = { rows: readonly RoleRow[]; onChange(rows: RoleRow[]): void };

export function RolesEditor({ rows, onChange }: RolesEditorProps) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { data } = useQuery(projectsQuery());
  const known = [ALL_PROJECTS, ...(data?.items ?? []).map(({ name }) => name)];
  const taken = new Set(rows.map(({ project }) => project));
  const free = known.find((one) => !taken.has(one));
  const word = (project: string) => (project === ALL_PROJECTS ? common("project.all") : project);
  const change = (id: number, next: Partial<RoleRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...next } : row)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="pb-1.5 text-sm font-medium">{t("users.roles")}</legend>
      {rows.length === 0 && <p className="text-sm text-muted">{t("users.noRoles")}</p>}
      {rows.map((row) => (
        <div key={row.id} className="flex items-center gap-2">
          <Select
            aria-label={common("project.label")}
            value={row.project}
            onChange={(project) => change(row.id, { project })}
            options={[...new Set([...known, row.project])].map((one) => ({
              value: one,
              label: word(one),
              disabled: one !== row.project && taken.has(one),
            }))}
            className="min-w-0 flex-1"
          />
          <Select
            aria-label={t("users.roleIn", { project: word(row.project) })}
            value={row.role}
            onChange={(role) => change(row.id, { role: role as Role })}
            options={ROLES.map((one) => ({ value: one, label: common(`role.${one}`) }))}
            className="w-36 shrink-0"
          />
          <IconButton
            icon={X}
            label={common("action.remove", { what: word(row.project) })}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        </div>
      ))}
      <Button
        size="sm"
        look="quiet"
        icon={Plus}
        className="self-start"
        disabled={free === undefined}
        onClick={() => free !== undefined && onChange([...rows, rowOf(free, "viewer")])}
      >
        {t("users.addRole")}
      </Button>
      <p className="text-sm text-muted">{t("users.rolesHint")}</p>
    </fieldset>
  );
}
