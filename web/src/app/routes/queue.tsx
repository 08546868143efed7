/** `/queue`: the queue. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";

export const queueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/queue",
  ...pageOptions("queue", "QueuePage"),
});
