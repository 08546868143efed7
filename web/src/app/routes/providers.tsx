/** `/providers`: the list of providers. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const providersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/providers",
  ...pageOptions("providers", "ProvidersPage"),
});
