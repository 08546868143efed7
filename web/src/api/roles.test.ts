import { describe, expect, it } from "vitest";
import grants from "./grants.json";
import { mayDo, ROLES, type Role, roleFor, roleIn, rolesUpTo } from "./roles";

/** Somebody with these roles, as the server would describe them. */
function holder(roles: Record<string, Role>) {
  const reach = Math.max(...Object.values(roles).map((role) => ROLES.indexOf(role)));
  const held = Object.entries(grants).filter(([, least]) => ROLES.indexOf(least as Role) <= reach);
  return { roles, permissions: held.map(([name]) => name) };
}

describe("roles", () => {
  it("takes the greater of the role there and the role everywhere", () => {
    expect(roleIn({ "*": "viewer", etl: "admin" }, "etl")).toBe("admin");
    expect(roleIn({ "*": "operator", etl: "viewer" }, "etl")).toBe("operator");
    expect(roleIn({ etl: "viewer" }, "web")).toBeUndefined();
  });

  it("asks in the project that is meant", () => {
    const ana = holder({ etl: "operator", web: "viewer" });
    expect(mayDo(ana, "jobs.run")).toBe(true);
    expect(mayDo(ana, "jobs.run", "etl")).toBe(true);
    expect(mayDo(ana, "jobs.run", "web")).toBe(false);
    expect(mayDo(ana, "jobs.read", "web")).toBe(true);
    expect(mayDo(ana, "jobs.read", "other")).toBe(false);
    expect(mayDo(ana, "secrets.manage", "etl")).toBe(false);
  });

  it("never offers more than the server granted", () => {
    expect(mayDo({ roles: { "*": "admin" }, permissions: [] }, "users.manage")).toBe(false);
  });

  it("offers roles up to one's own", () => {
    expect(rolesUpTo({ "*": "operator" })).toEqual(["viewer", "operator"]);
    expect(rolesUpTo({ etl: "admin", web: "viewer" }, "web")).toEqual(["viewer"]);
    expect(rolesUpTo({}, "web")).toEqual([]);
  });

  it("knows no permission that nobody needs a role for", () => {
    expect(roleFor("jobs.run")).toBe("operator");
    expect(roleFor("something.new")).toBe("admin");
  });
});
