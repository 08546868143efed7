/** What the form of a schedule holds: text as typed, and the order that it makes. */
import type {
  CatchUp,
  Overlap,
  PreviewOrder,
  Rule,
  Schedule,
  ScheduleOrder,
} from "@/api/queries/schedules";
import { expressionOf, SIMPLE, type Simple, simpleOf } from "./simple";
import { instantOf, knowsZone, localOf } from "./zoned";

export const KINDS = ["simple", "cron", "interval", "once"] as const;
export type Kind = (typeof KINDS)[number];

export const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export type Unit = keyof typeof UNITS;

export const OVERLAPS = ["skip", "queue", "replace", "allow"] as const satisfies Overlap[];
export const CATCH_UPS = ["last", "none", "all"] as const satisfies CatchUp[];

export type Span = { value: string; unit: Unit };

export type Draft = {
  name: string;
  description: string;
  project: string;
  kind: Kind;
  simple: Simple;
  expression: string;
  every: Span;
  /** Local times of the zone, as "2027-03-28T09:00"; empty: none. */
  anchor: string;
  at: string;
  startsAt: string;
  endsAt: string;
  zone: string;
  overlap: Overlap;
  queueLimit: string;
  catchUp: CatchUp;
  catchUpLimit: string;
  jitter: Span;
  target: "template" | "spec";
  template: string;
  /** Empty: always the newest. */
  version: string;
  parameters: Record<string, unknown>;
};

export const freshDraft = (zone: string, project: string): Draft => ({
  name: "",
  description: "",
  project,
  kind: "simple",
  simple: SIMPLE,
  expression: "0 9 * * *",
  every: { value: "1", unit: "h" },
  anchor: "",
  at: "",
  startsAt: "",
  endsAt: "",
  zone,
  overlap: "skip",
  queueLimit: "1",
  catchUp: "last",
  catchUpLimit: "100",
  jitter: { value: "0", unit: "s" },
  target: "spec",
  template: "",
  version: "",
  parameters: {},
});

/** The largest unit in which `ms` is a whole number. */
export function spanOf(ms: number): Span {
  const order: readonly Unit[] = ["d", "h", "m"];
  const unit = ms > 0 ? (order.find((one) => ms % UNITS[one] === 0) ?? "s") : "s";
  return { value: String(ms / UNITS[unit]), unit };
}

/** NaN when it is not a number. */
export function msOf({ value, unit }: Span): number {
  const plain = value.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(plain) ? Math.round(Number(plain) * UNITS[unit]) : Number.NaN;
}

/** A stored schedule as the form shows it. */
export function draftOf(schedule: Schedule): Draft {
  const { rule, zone, target, catch_up: catchUp } = schedule;
  const local = (at: string | null | undefined) => (at ? localOf(Date.parse(at), zone) : "");
  const simple = rule.kind === "cron" ? simpleOf(rule.expression) : null;
  const fresh = freshDraft(zone, schedule.project);
  return {
    ...fresh,
    name: schedule.name,
    description: schedule.description,
    kind: rule.kind === "cron" && simple !== null ? "simple" : rule.kind,
    simple: simple ?? fresh.simple,
    expression: rule.kind === "cron" ? rule.expression : fresh.expression,
    every: rule.kind === "interval" ? spanOf(rule.every_ms) : fresh.every,
    anchor: rule.kind === "interval" ? local(rule.anchor) : "",
    at: rule.kind === "once" ? local(rule.at) : "",
    startsAt: local(schedule.starts_at),
    endsAt: local(schedule.ends_at),
    overlap: schedule.overlap,
    queueLimit: String(schedule.queue_limit),
    catchUp: catchUp.policy,
    catchUpLimit: String(catchUp.limit),
    jitter: spanOf(schedule.jitter_ms),
    ...("template" in target
      ? {
          target: "template",
          template: target.template_id,
          version: target.version === null ? "" : String(target.version),
          parameters: { ...target.parameters },
        }
      : { target: "spec" }),
  };
}

const momentOf = (local: string, zone: string): string | null => {
  const at = instantOf(local, zone);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
};

/** The rule, or null while it is not whole. */
export function ruleOf(draft: Draft): Rule | null {
  const { kind, zone } = draft;
  if (kind === "simple") {
    const expression = expressionOf(draft.simple);
    return expression === null ? null : { kind: "cron", expression };
  }
  if (kind === "cron") {
    const expression = draft.expression.trim();
    return expression === "" ? null : { kind: "cron", expression };
  }
  if (kind === "interval") {
    const every = msOf(draft.every);
    if (Number.isNaN(every)) return null;
    const anchor = momentOf(draft.anchor, zone);
    return { kind: "interval", every_ms: every, ...(anchor !== null && { anchor }) };
  }
  const at = momentOf(draft.at, zone);
  return at === null ? null : { kind: "once", at };
}

/** What to ask a preview for; null while there is nothing to ask. */
export function previewOf(
  draft: Draft,
  from: string,
  count: number,
  schedule: string | undefined,
): PreviewOrder | null {
  const zone = draft.zone.trim();
  if (!knowsZone(zone)) return null;
  const rule = ruleOf({ ...draft, zone });
  if (rule === null) return null;
  const jitter = msOf(draft.jitter);
  const start = momentOf(from, zone);
  return {
    rule,
    zone,
    starts_at: momentOf(draft.startsAt, zone),
    ends_at: momentOf(draft.endsAt, zone),
    ...(jitter > 0 && { jitter_ms: jitter }),
    ...(start !== null && { from: start }),
    ...(schedule !== undefined && { schedule }),
    count,
  };
}

export type Field =
  | "name"
  | "description"
  | "rule"
  | "anchor"
  | "zone"
  | "starts_at"
  | "ends_at"
  | "jitter_ms"
  | "queue_limit"
  | "catch_up"
  | "target"
  | "target_version";
export type Fault = { field: Field; code: "needed" | "number" | "zone" | "days" | "order" };

const isWhole = (text: string) => /^\d+$/.test(text.trim());

/** What is missing or cannot be read; the rest is for the server to judge. */
export function faultsOf(draft: Draft): Fault[] {
  const faults: Fault[] = [];
  const fault = (field: Field, code: Fault["code"]) => faults.push({ field, code });
  if (draft.name.trim() === "") fault("name", "needed");
  if (!knowsZone(draft.zone.trim())) fault("zone", "zone");
  else if (ruleOf(draft) === null) {
    const noDays =
      draft.kind === "simple" && draft.simple.every === "week" && draft.simple.days.length === 0;
    fault("rule", noDays ? "days" : draft.kind === "interval" ? "number" : "needed");
  }
  if (draft.startsAt !== "" && draft.endsAt !== "" && draft.endsAt <= draft.startsAt) {
    fault("ends_at", "order");
  }
  if (Number.isNaN(msOf(draft.jitter))) fault("jitter_ms", "number");
  if (draft.overlap === "queue" && !isWhole(draft.queueLimit)) fault("queue_limit", "number");
  if (draft.catchUp === "all" && !isWhole(draft.catchUpLimit)) fault("catch_up", "number");
  if (draft.target === "template" && draft.template === "") fault("target", "needed");
  return faults;
}

/** The order of a draft without faults; `spec` is the job, where it is not a template's. */
export function orderOf(draft: Draft, spec: Record<string, unknown> | null): ScheduleOrder | null {
  const zone = draft.zone.trim();
  const rule = ruleOf({ ...draft, zone });
  if (rule === null) return null;
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    project: draft.project,
    rule,
    zone,
    overlap: draft.overlap,
    queue_limit: isWhole(draft.queueLimit) ? Number(draft.queueLimit) : 1,
    catch_up: {
      policy: draft.catchUp,
      limit: isWhole(draft.catchUpLimit) ? Number(draft.catchUpLimit) : 100,
    },
    jitter_ms: msOf(draft.jitter),
    starts_at: momentOf(draft.startsAt, zone),
    ends_at: momentOf(draft.endsAt, zone),
    target:
      spec !== null
        ? ({ spec } as ScheduleOrder["target"])
        : {
            template: draft.template,
            version: draft.version === "" ? null : Number(draft.version),
            parameters: draft.parameters as Record<string, string>,
          },
  };
}

/** Which field of the form a violation is about; undefined: the form as a whole. */
export function fieldOf(path: string): Field | undefined {
  const [head = "", next] = path.split(/[.[]/);
  if (head === "target" && next === "version") return "target_version";
  if (head === "rule") return next === "anchor" ? "anchor" : "rule";
  const known: readonly Field[] = [
    "name",
    "description",
    "zone",
    "starts_at",
    "ends_at",
    "jitter_ms",
    "queue_limit",
    "catch_up",
    "target",
  ];
  return known.find((one) => one === head);
}

/** A name that a schedule may have, made of that of a job. */
export const nameFrom = (name: string): string =>
  name
    .trim()
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 100);
