/** `/jobs/$jobId/terminal`: a terminal in a job's worker. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const jobTerminalRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs/$jobId/terminal",
  ...pageOptions("terminal", "JobTerminalPage"),
});
