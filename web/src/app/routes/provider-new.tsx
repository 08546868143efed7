/** `/providers/new`: a new provider. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { newSearchSchema } from "@/features/providers/search";

export const newProviderRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/providers/new",
  validateSearch: newSearchSchema,
  ...pageOptions("providers", "NewProviderPage"),
});
