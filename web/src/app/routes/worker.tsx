/** `/workers/$workerId`: one worker. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const workerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/workers/$workerId",
  ...pageOptions("workers", "WorkerPage"),
});
