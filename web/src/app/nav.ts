/** What the navigation offers, in order. A page that does not exist (yet) is left out. */
import {
  Activity,
  Boxes,
  CalendarClock,
  Cpu,
  Layers,
  LayoutDashboard,
  ListOrdered,
  ListTodo,
  type LucideIcon,
  ScrollText,
  Settings,
} from "lucide-react";
import { hasPage } from "./pages";

export type NavItem = {
  to:
    | "/"
    | "/jobs"
    | "/templates"
    | "/schedules"
    | "/queue"
    | "/providers"
    | "/workers"
    | "/metrics"
    | "/audit";
  name:
    | "dashboard"
    | "jobs"
    | "templates"
    | "schedules"
    | "queue"
    | "providers"
    | "workers"
    | "metrics"
    | "audit";
  icon: LucideIcon;
  /** The second key after g. */
  key: string;
  page: readonly [feature: string, page: string];
};

export type NavGroup = { name: "run" | "infrastructure" | "observe"; items: readonly NavItem[] };

const ALL: readonly NavGroup[] = [
  {
    name: "run",
    items: [
      {
        to: "/",
        name: "dashboard",
        icon: LayoutDashboard,
        key: "d",
        page: ["dashboard", "DashboardPage"],
      },
      { to: "/jobs", name: "jobs", icon: ListTodo, key: "j", page: ["jobs", "JobsPage"] },
      {
        to: "/templates",
        name: "templates",
        icon: Layers,
        key: "t",
        page: ["templates", "TemplatesPage"],
      },
      {
        to: "/schedules",
        name: "schedules",
        icon: CalendarClock,
        key: "s",
        page: ["schedules", "SchedulesPage"],
      },
      { to: "/queue", name: "queue", icon: ListOrdered, key: "q", page: ["queue", "QueuePage"] },
    ],
  },
  {
    name: "infrastructure",
    items: [
      {
        to: "/providers",
        name: "providers",
        icon: Boxes,
        key: "p",
        page: ["providers", "ProvidersPage"],
      },
      { to: "/workers", name: "workers", icon: Cpu, key: "w", page: ["workers", "WorkersPage"] },
    ],
  },
  {
    name: "observe",
    items: [
      {
        to: "/metrics",
        name: "metrics",
        icon: Activity,
        key: "m",
        page: ["metrics", "MetricsPage"],
      },
      { to: "/audit", name: "audit", icon: ScrollText, key: "a", page: ["audit", "AuditPage"] },
    ],
  },
];

export const navigation: readonly NavGroup[] = ALL.map((group) => ({
  ...group,
  items: group.items.filter(({ page }) => hasPage(...page)),
})).filter((group) => group.items.length > 0);

export const navItems: readonly NavItem[] = navigation.flatMap((group) => group.items);

/** The bottom bar of phones holds these; everything else is under More. */
const BAR = ["dashboard", "jobs", "providers", "metrics"];
export const barItems = navItems.filter((item) => BAR.includes(item.name));
export const moreItems = navItems.filter((item) => !BAR.includes(item.name));

export const settingsIcon = Settings;
/** Where the settings begin; within them the section that is open, so that the link is active. */
export const toSettings = {
  to: "/settings/$section",
  params: ({ section = "profile" }: { section?: string }) => ({ section }),
} as const;
export const hasSettings = hasPage("settings", "SettingsPage");
export const canCreateTemplates = hasPage("templates", "NewTemplatePage");
export const canCreateJobs = hasPage("job-form", "NewJobPage");
