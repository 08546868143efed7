/** `/jobs/$jobId`: one job. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/job-detail/search";

export const jobRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs/$jobId",
  validateSearch: searchSchema,
  ...pageOptions("job-detail", "JobPage"),
});
