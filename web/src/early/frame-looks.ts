/** Which pages have a frame before their scripts have come, and how it looks. */

/** How the top of a page looks: its title alone, after an arrow back, or over the whole screen. */
export type Frame = { look: "plain" | "back" | "screen"; en: string; es: string };

/** The pages that have one, and where their title is in their words: at `title`. */
export const FRAMES: Readonly<Record<string, Frame["look"]>> = {
  "dashboard/DashboardPage": "plain",
  "jobs/JobsPage": "plain",
  "job-form/NewJobPage": "back",
  "job-detail/JobPage": "back",
  "logs/JobLogsPage": "screen",
  "templates/TemplatesPage": "plain",
  "schedules/SchedulesPage": "plain",
  "queue/QueuePage": "plain",
  "providers/ProvidersPage": "plain",
  "workers/WorkersPage": "plain",
  "metrics/MetricsPage": "plain",
};
