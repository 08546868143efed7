/** `/sign-in`: the sign-in page, without the shell. */
import { createRoute } from "@tanstack/react-router";
import { pageOptions } from "@/app/routes/page";
import { rootRoute } from "@/app/routes/root";
import { searchSchema } from "@/features/auth/search";

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: searchSchema,
  ...pageOptions("auth", "SignInPage"),
});
