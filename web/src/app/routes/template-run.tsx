/** `/templates/$templateId/run`: a run of a template. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { runSearchSchema } from "@/features/templates/search";

export const runTemplateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/templates/$templateId/run",
  validateSearch: runSearchSchema,
  ...pageOptions("templates", "RunTemplatePage"),
});
