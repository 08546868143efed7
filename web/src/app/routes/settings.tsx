/** `/settings/$section`: the settings. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { shellRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/settings/search";

export const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/$section",
  validateSearch: searchSchema,
  ...pageOptions("settings", "SettingsPage"),
});
