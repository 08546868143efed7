/** `/`: the dashboard. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  ...pageOptions("dashboard", "DashboardPage"),
});
