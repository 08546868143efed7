/** `/jobs/$jobId/logs`: the log viewer of a job. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/logs/search";

export const jobLogsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs/$jobId/logs",
  validateSearch: searchSchema,
  ...pageOptions("logs", "JobLogsPage"),
});
