/** `/providers/$providerId`: one provider. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/providers/search";

export const providerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/providers/$providerId",
  validateSearch: searchSchema,
  ...pageOptions("providers", "ProviderPage"),
});
