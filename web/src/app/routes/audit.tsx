/** `/audit`: what was changed and what was refused. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/audit/search";

export const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/audit",
  validateSearch: searchSchema,
  ...pageOptions("audit", "AuditPage"),
});
