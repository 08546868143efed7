/** `/templates`: the list of templates. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { listSearchSchema } from "@/features/templates/search";

export const templatesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/templates",
  validateSearch: listSearchSchema,
  ...pageOptions("templates", "TemplatesPage"),
});
