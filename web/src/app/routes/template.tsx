/** `/templates/$templateId`: one template. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { templateSearchSchema } from "@/features/templates/search";

export const templateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/templates/$templateId",
  validateSearch: templateSearchSchema,
  ...pageOptions("templates", "TemplatePage"),
});
