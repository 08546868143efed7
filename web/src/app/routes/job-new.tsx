/** `/jobs/new`: the job form. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/job-form/search";

export const newJobRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs/new",
  validateSearch: searchSchema,
  ...pageOptions("job-form", "NewJobPage"),
});
