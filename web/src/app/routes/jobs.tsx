/** `/jobs`: the list of jobs. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/jobs/search";

export const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs",
  validateSearch: searchSchema,
  ...pageOptions("jobs", "JobsPage"),
});
