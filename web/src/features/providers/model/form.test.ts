/** A schema becomes fields, a draft a request; what is wrong stands beside its field. */
import { describe, expect, it } from "vitest";
import type { Provider } from "@/api/queries/providers";
import { draftOfConfig, formOf, keepsSecrets, readConfig } from "./config";
import type { Draft, Group } from "./draft";
import { newRow } from "./draft";
import { freeName } from "./name";
import { controlPaths, issuesFrom } from "./place";

const SCHEMA = {
  type: "object",
  properties: {
    host: { title: "Engine", type: "string", pattern: "^unix:|^tcp:", default: "unix:///x" },
    workers: { type: "integer", minimum: 1, maximum: 9, default: 4 },
    cpu: { type: "number", exclusiveMinimum: 0, maximum: 8 },
    policy: { type: "string", enum: ["always", "never"], default: "always" },
    root: { type: "boolean", default: false },
    caps: {
      type: "array",
      items: { type: "string", pattern: "^[A-Z]+$" },
      uniqueItems: true,
      default: ["KILL"],
    },
    tls: { type: "object", properties: { ca: { type: "string", pattern: "^/" } } },
    token: { type: "string", writeOnly: true },
    logins: {
      type: "object",
      writeOnly: true,
      additionalProperties: {
        type: "object",
        required: ["user", "password"],
        properties: {
          user: { type: "string", minLength: 1 },
          password: { type: "string", writeOnly: true },
        },
      },
    },
    odd: { oneOf: [{ type: "string" }, { type: "integer" }] },
  },
};

const form = formOf("x", SCHEMA);
const empty = () => draftOfConfig(form, { name: "x" });

function edit(draft: Group, path: readonly string[], value: Draft): Group {
  const [name = "", ...rest] = path;
  const inner = draft.values[name];
  const next = rest.length === 0 ? value : edit({ ...(inner as Group), on: true }, rest, value);
  return { ...draft, values: { ...draft.values, [name]: next } };
}
const set = (draft: Group, name: string, value: Draft) => edit(draft, ["settings", name], value);
const issues = (draft: Group) =>
  readConfig(form, "x", draft).issues.map((issue) => `${issue.path} ${issue.code}`);

describe("readConfig", () => {
  it("sends nothing that is only a default", () => {
    const { body, issues: found } = readConfig(form, "x", empty());
    expect(found).toEqual([]);
    expect(body).toEqual({ name: "x", type: "x", settings: {} });
  });

  it("sends what was entered, in the type of the schema", () => {
    let draft = set(empty(), "workers", "7");
    draft = set(draft, "cpu", "0,5");
    draft = set(draft, "caps", { kind: "rows", rows: [] });
    draft = set(draft, "token", "s3cret ");
    draft = set(draft, "odd", "[1]");
    draft = edit(draft, ["settings", "tls", "ca"], "/ca.pem");
    draft = edit(draft, ["idle_timeout_ms"], "60");
    const { body, issues: found } = readConfig(form, "x", draft);
    expect(found).toEqual([]);
    expect(body).toEqual({
      name: "x",
      type: "x",
      idle_timeout_ms: 60_000,
      settings: {
        workers: 7,
        cpu: 0.5,
        caps: [],
        token: "s3cret ",
        odd: [1],
        tls: { ca: "/ca.pem" },
      },
    });
  });

  it.each([
    ["host", "ftp://x", "form"],
    ["workers", "10", "range"],
    ["workers", "1.5", "whole"],
    ["workers", "many", "number"],
    ["cpu", "0", "above"],
    ["odd", "{", "json"],
  ])("refuses %s = %s", (name, typed, code) => {
    expect(issues(set(empty(), name, typed))).toEqual([`settings.${name} ${code}`]);
  });

  it("names the row that is wrong", () => {
    const rows = ["KILL", "bad", "KILL"].map((text) => newRow(text));
    expect(issues(set(empty(), "caps", { kind: "rows", rows }))).toEqual([
      "settings.caps[1] form",
      "settings.caps[2] twice",
    ]);
    const login = newRow({ kind: "group", on: true, values: { user: "", password: "p" } });
    expect(issues(set(empty(), "logins", { kind: "rows", rows: [login] }))).toEqual([
      "settings.logins{0}.key required",
      "settings.logins{0}.value.user required",
    ]);
    expect(issues(edit(empty(), ["name"], "Not Good"))).toEqual(["name form"]);
  });
});

describe("stored secrets", () => {
  const provider = { name: "x", settings: { workers: 7 }, secrets_set: ["token"] };
  const draft = () => draftOfConfig(form, provider as unknown as Provider);
  const settings = (one: Group) => readConfig(form, "x", one).body.settings;

  it("stay when nobody touches them", () => {
    expect(keepsSecrets(draft())).toBe(true);
    expect(keepsSecrets(empty())).toBe(false);
    expect(settings(draft())).toEqual({ workers: 7 });
  });

  it("are replaced or removed on request", () => {
    const choose = (choice: "replace" | "remove") =>
      settings(set(draft(), "token", { kind: "stored", choice, value: "new" }));
    expect(choose("replace")).toEqual({ workers: 7, token: "new" });
    expect(choose("remove")).toEqual({ workers: 7, token: null });
  });
});

describe("issuesFrom", () => {
  it("puts a refusal at the nearest control", () => {
    const rows = [
      newRow({ kind: "group", on: true, values: { user: "u", password: "" } }, "a.example:5000"),
    ];
    const draft = set(empty(), "logins", { kind: "rows", rows });
    const paths = controlPaths(form.all, draft);
    const at = (field: string) => issuesFrom([{ field, message: "no" }], paths)[0]?.path;
    expect(at("settings.workers")).toBe("settings.workers");
    expect(at("settings.caps[0]")).toBe("settings.caps[0]");
    expect(at("settings.caps[9]")).toBe("settings.caps");
    expect(at("settings.logins.a.example:5000")).toBe("settings.logins{0}.value");
    expect(at("settings.logins.a.example:5000.password")).toBe("settings.logins{0}.value.password");
    expect(at("warm[0].size")).toBe("warm");
    expect(at("unheard.of")).toBe("");
  });
});

it("suggests a name that is free", () => {
  expect(freeName("docker", [])).toBe("docker");
  expect(freeName("docker", ["docker", "docker-2"])).toBe("docker-3");
});
