/** `/setup`: the first run, without the shell. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { rootRoute } from "@/app/routes/root";

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  ...pageOptions("auth", "SetupPage"),
});
