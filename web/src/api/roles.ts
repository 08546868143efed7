/** Roles and what each one may do: the server decides, the pages only say it beforehand. */
import grants from "./grants.json";

/** In order: each may do what the one before it may, and more. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** The name that stands for every project. */
export const ALL_PROJECTS = "*";

/** These belong to no project: only a role in all of them counts. */
const OF_INSTALLATION = [
  "queue.manage",
  "providers.manage",
  "workers.manage",
  "projects.manage",
  "secrets.rotate",
  "users.manage",
];

type Holder = { permissions: readonly string[]; roles: Readonly<Record<string, Role>> };

const rank = (role: Role | undefined) => (role === undefined ? -1 : ROLES.indexOf(role));

/** The least role that may do `permission`. */
export const roleFor = (permission: string): Role =>
  (grants as Readonly<Record<string, Role>>)[permission] ?? "admin";

/** The greater of the role in the project and the role in all of them. */
export function roleIn(roles: Holder["roles"], project: string): Role | undefined {
  const [own, all] = [roles[project], roles[ALL_PROJECTS]];
  return rank(own) > rank(all) ? own : all;
}

/** Whether `permission` is held in `project`; without one, in the installation or anywhere. */
export function mayDo(me: Holder, permission: string, project?: string): boolean {
  if (!me.permissions.includes(permission)) return false;
  if (project === undefined || OF_INSTALLATION.includes(permission)) return true;
  return rank(roleIn(me.roles, project)) >= rank(roleFor(permission));
}

/** Whether a role in one project cannot be enough. */
export const needsAllProjects = (permission: string): boolean =>
  OF_INSTALLATION.includes(permission);

/** The roles from the least to what `roles` hold anywhere. */
export function rolesUpTo(roles: Holder["roles"], project?: string): Role[] {
  const held = project === undefined ? Object.values(roles) : [roleIn(roles, project)];
  const most = Math.max(-1, ...held.map(rank));
  return ROLES.slice(0, most + 1);
}
