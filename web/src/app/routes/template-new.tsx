/** `/templates/new`: a new template. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { newSearchSchema } from "@/features/templates/search";

export const newTemplateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/templates/new",
  validateSearch: newSearchSchema,
  ...pageOptions("templates", "NewTemplatePage"),
});
