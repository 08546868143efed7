/** `/metrics`: the metrics. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/metrics/search";

export const metricsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/metrics",
  validateSearch: searchSchema,
  ...pageOptions("metrics", "MetricsPage"),
});
