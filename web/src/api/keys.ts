/** The names of what is cached: one place, so that live topics and writes find what they change. */

export const keys = {
  summary: () => ["summary"] as const,
  jobs: {
    all: () => ["jobs"] as const,
    lists: () => ["jobs", "list"] as const,
    list: (filters: object) => ["jobs", "list", filters] as const,
    counts: (filters: object) => ["jobs", "counts", filters] as const,
    recent: () => ["jobs", "recent"] as const,
    one: (id: string) => ["jobs", "one", id] as const,
    explain: (id: string) => ["jobs", "explain", id] as const,
    events: (id: string) => ["jobs", "events", id] as const,
    stats: (id: string, attempt?: number) => ["jobs", "stats", id, attempt ?? null] as const,
    logs: (id: string) => ["jobs", "logs", id] as const,
  },
  providers: {
    all: () => ["providers"] as const,
    list: () => ["providers", "list"] as const,
    one: (key: string) => ["providers", "one", key] as const,
    health: (key: string) => ["providers", "health", key] as const,
    types: () => ["provider-types"] as const,
  },
  templates: {
    all: () => ["templates"] as const,
    list: (filters: object) => ["templates", "list", filters] as const,
    one: (key: string, version?: number) => ["templates", "one", key, version ?? null] as const,
    versions: (key: string) => ["templates", "versions", key] as const,
    triggers: (key: string) => ["templates", "triggers", key] as const,
    stats: (key: string, from: string) => ["templates", "stats", key, from] as const,
    render: (key: string, body: object) => ["templates", "render", key, body] as const,
  },
  workers: {
    all: () => ["workers"] as const,
    list: (filters: object) => ["workers", "list", filters] as const,
    one: (id: string) => ["workers", "one", id] as const,
  },
  queue: () => ["queue"] as const,
  schedules: {
    all: () => ["schedules"] as const,
    list: () => ["schedules", "list"] as const,
    one: (key: string) => ["schedules", "one", key] as const,
    firings: (key: string, outcome?: string) =>
      ["schedules", "firings", key, outcome ?? null] as const,
    strip: (key: string, state: readonly unknown[]) => ["schedule-strip", key, ...state] as const,
    preview: (order: object | null) => ["schedule-preview", order] as const,
  },
  metrics: {
    jobs: (filters: object) => ["metrics", "jobs", filters] as const,
    host: (filters: object) => ["metrics", "host", filters] as const,
  },
  me: () => ["me"] as const,
  sessions: () => ["sessions"] as const,
  users: () => ["users"] as const,
  tokens: {
    all: () => ["tokens"] as const,
    list: (everybody: boolean) => ["tokens", { everybody }] as const,
  },
  projects: () => ["projects"] as const,
  secrets: (project: string) => ["secrets", project] as const,
  webhooks: {
    all: () => ["webhooks"] as const,
    list: (project: string) => ["webhooks", "list", project] as const,
    one: (key: string) => ["webhooks", "one", key] as const,
    deliveries: (key: string, state?: string) =>
      ["webhooks", "deliveries", key, state ?? null] as const,
    delivery: (id: string) => ["webhooks", "delivery", id] as const,
  },
  audit: (filters: object) => ["audit", filters] as const,
  system: () => ["system"] as const,
  version: () => ["version"] as const,
};
