/** What a page asks the server for first, when its address has no filters. */

export const EARLY_DATA: Readonly<Record<string, readonly string[]>> = {
  "dashboard/DashboardPage": ["/summary", "/jobs?limit=5&counts=0"],
  "jobs/JobsPage": ["/jobs?limit=100&counts=0", "/jobs?limit=1&counts=1"],
  "job-form/NewJobPage": ["/providers"],
  "job-detail/JobPage": ["/jobs/$jobId"],
  "logs/JobLogsPage": ["/jobs/$jobId"],
};
