/** `/templates/$templateId/edit`: the next version of a template. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const editTemplateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/templates/$templateId/edit",
  ...pageOptions("templates", "EditTemplatePage"),
});
